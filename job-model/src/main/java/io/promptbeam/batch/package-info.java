/** Batches of jobs and the files they come from: values and the rules over them, without I/O. */
@NullMarked
package io.promptbeam.batch;

import org.jspecify.annotations.NullMarked;
