package io.promptbeam.pipeline.llm.simulated;

import java.util.OptionalLong;

/**
 * What a simulated provider counted since its start or the last reset. Answered calls are the sum
 * {@code ok + limited + errors + refusals + garbage + invalid}; the rest is in flight.
 *
 * @param calls that arrived
 * @param ok answered well
 * @param limited answered 429 because they exceeded the requests/min; injected 429s are errors
 * @param errors transient errors that the error rate asked for
 * @param refusals answered 400 as the refusal rate asked for
 * @param garbage answered 200 with something that is no answer
 * @param invalid refused because the request was no valid one
 * @param inFlight waiting for their answer now
 * @param maxInFlight the most that waited at the same time
 * @param firstCallNanos {@link System#nanoTime} of the first arrival
 * @param lastCallNanos {@link System#nanoTime} of the last arrival
 */
public record SimulatedStats(
    long calls,
    long ok,
    long limited,
    long errors,
    long refusals,
    long garbage,
    long invalid,
    int inFlight,
    int maxInFlight,
    OptionalLong firstCallNanos,
    OptionalLong lastCallNanos) {}
