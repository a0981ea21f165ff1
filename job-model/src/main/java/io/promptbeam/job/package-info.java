/** What a job is: its values and the state machine, pure and without I/O. */
@NullMarked
package io.promptbeam.job;

import org.jspecify.annotations.NullMarked;
