/** The pipeline's entry point for Dataflow. */
@NullMarked
package io.promptbeam.templates;

import org.jspecify.annotations.NullMarked;
