/**
 * The worker-wide engine that queues jobs, claims them, makes the calls and records the answers.
 */
@NullMarked
package io.promptbeam.pipeline.engine;

import org.jspecify.annotations.NullMarked;
