/** Turns batches' files into lines of the store and items of work. */
@NullMarked
package io.promptbeam.pipeline.batch;

import org.jspecify.annotations.NullMarked;
