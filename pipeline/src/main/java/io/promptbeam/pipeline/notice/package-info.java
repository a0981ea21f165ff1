/** Tells webhooks what has ended: from the store's outbox, signed, and only to public addresses. */
@NullMarked
package io.promptbeam.pipeline.notice;

import org.jspecify.annotations.NullMarked;
