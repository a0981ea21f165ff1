/** Beam's Pub/Sub reads and writes over plaintext gRPC, for emulators. */
@NullMarked
package io.promptbeam.pipeline.pubsub;

import org.jspecify.annotations.NullMarked;
