/**
 * The real store, submit path, engine and sweep in a world whose time, network, crashes and
 * randomness come from a seed.
 */
@NullMarked
package io.promptbeam.pipeline.simulation;

import org.jspecify.annotations.NullMarked;
