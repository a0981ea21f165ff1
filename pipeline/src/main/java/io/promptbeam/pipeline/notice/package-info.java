/**
 * Tells webhooks, signed and only at public addresses, and a topic what has ended: from the outbox.
 */
@NullMarked
package io.promptbeam.pipeline.notice;

import org.jspecify.annotations.NullMarked;
