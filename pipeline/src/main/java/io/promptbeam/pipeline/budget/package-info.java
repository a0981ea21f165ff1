/** Holds owners to what they may spend in a day, over all workers together. */
@NullMarked
package io.promptbeam.pipeline.budget;

import org.jspecify.annotations.NullMarked;
