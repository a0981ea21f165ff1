/** What an owner's webhook is told of jobs and batches that ended, and how far that is. */
@NullMarked
package io.promptbeam.notice;

import org.jspecify.annotations.NullMarked;
