/** Finds the jobs that nobody else looks after, through the store's due index. */
@NullMarked
package io.promptbeam.pipeline.sweep;

import org.jspecify.annotations.NullMarked;
