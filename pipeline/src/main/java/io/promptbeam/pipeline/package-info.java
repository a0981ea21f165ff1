/** The Beam pipeline from a Pub/Sub subscription to recorded answers. */
@NullMarked
package io.promptbeam.pipeline;

import org.jspecify.annotations.NullMarked;
