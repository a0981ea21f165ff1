package io.promptbeam.local.stack;

/**
 * What a pipeline's steps counted since it started, as Beam tells it; what the engine did is in its
 * own figures.
 *
 * @param jobs read from the queue
 * @param batches read from the queue
 * @param deadLetters messages nobody could read, which went to the dead-letter topic
 * @param sweepLooked due entries the sweep went through
 * @param sweepHandedOver jobs and segments the sweep gave to the engine
 * @param sweepFailed rounds the sweep could not go, for example because the store was away
 */
public record PipelineCounts(
    long jobs,
    long batches,
    long deadLetters,
    long sweepLooked,
    long sweepHandedOver,
    long sweepFailed) {}
