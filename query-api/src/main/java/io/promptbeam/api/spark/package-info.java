/** Spark Java and Jetty; their types stay in here. */
@NullMarked
package io.promptbeam.api.spark;

import org.jspecify.annotations.NullMarked;
