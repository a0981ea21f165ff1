/** What webhooks and a topic are told of jobs and batches that ended, and how far that is. */
@NullMarked
package io.promptbeam.notice;

import org.jspecify.annotations.NullMarked;
