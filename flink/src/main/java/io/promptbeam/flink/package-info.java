/** The pipeline's entry point for Apache Flink. */
@NullMarked
package io.promptbeam.flink;

import org.jspecify.annotations.NullMarked;
