package io.promptbeam.pipeline.llm.simulated;

/**
 * The calls that were within the provider's limits, in the order they arrived; the first million
 * since a reset.
 *
 * @param arrivalNanos when each arrived, by {@link System#nanoTime}
 * @param tokens of prompt and answer, of each
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a list would box a million numbers
public record Admissions(long[] arrivalNanos, long[] tokens) {}
