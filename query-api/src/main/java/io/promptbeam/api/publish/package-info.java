/** Tells the pipeline of new jobs. */
@NullMarked
package io.promptbeam.api.publish;

import org.jspecify.annotations.NullMarked;
