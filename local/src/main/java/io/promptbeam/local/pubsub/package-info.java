/** A Pub/Sub server in this JVM, in memory, for local use and tests. */
@NullMarked
package io.promptbeam.local.pubsub;

import org.jspecify.annotations.NullMarked;
