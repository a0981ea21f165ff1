package io.promptbeam.pipeline.llm.simulated;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/** Counts calls and remembers when they arrived. Thread-safe. */
final class CallLog {
  private static final int MAX_ARRIVALS = 1_000_000;
  private static final int FIRST_ARRIVALS = 1_024;

  enum Result {
    OK,
    LIMITED,
    ERROR,
    REFUSAL,
    GARBAGE,
    INVALID
  }

  private final Map<Result, Long> countByResult = new EnumMap<>(Result.class);
  private long calls;
  private int inFlight;
  private int maxInFlight;
  private long firstNanos;
  private long lastNanos;
  private long[] arrivals = new long[FIRST_ARRIVALS];
  private int arrivalCount;
  private long[] admittedNanos = new long[FIRST_ARRIVALS];
  private long[] admittedTokens = new long[FIRST_ARRIVALS];
  private int admittedCount;

  synchronized void arrived(long nanos) {
    if (calls == 0) {
      firstNanos = nanos;
    }
    lastNanos = nanos;
    calls++;
    inFlight++;
    maxInFlight = Math.max(maxInFlight, inFlight);
    if (arrivalCount < MAX_ARRIVALS) {
      if (arrivalCount == arrivals.length) {
        arrivals = Arrays.copyOf(arrivals, Math.min(MAX_ARRIVALS, 2 * arrivalCount));
      }
      arrivals[arrivalCount++] = nanos;
    }
  }

  /** A call is within the limits. */
  synchronized void admitted(long arrivalNanos, long tokens) {
    if (admittedCount == MAX_ARRIVALS) {
      return;
    }
    if (admittedCount == admittedNanos.length) {
      int length = Math.min(MAX_ARRIVALS, 2 * admittedCount);
      admittedNanos = Arrays.copyOf(admittedNanos, length);
      admittedTokens = Arrays.copyOf(admittedTokens, length);
    }
    admittedNanos[admittedCount] = arrivalNanos;
    admittedTokens[admittedCount++] = tokens;
  }

  synchronized Admissions admissions() {
    return new Admissions(
        Arrays.copyOf(admittedNanos, admittedCount), Arrays.copyOf(admittedTokens, admittedCount));
  }

  synchronized void answered(Result result) {
    inFlight--;
    countByResult.merge(result, 1L, Long::sum);
  }

  synchronized SimulatedStats stats() {
    return new SimulatedStats(
        calls,
        count(Result.OK),
        count(Result.LIMITED),
        count(Result.ERROR),
        count(Result.REFUSAL),
        count(Result.GARBAGE),
        count(Result.INVALID),
        inFlight,
        maxInFlight,
        calls == 0 ? OptionalLong.empty() : OptionalLong.of(firstNanos),
        calls == 0 ? OptionalLong.empty() : OptionalLong.of(lastNanos));
  }

  private long count(Result result) {
    return countByResult.getOrDefault(result, 0L);
  }

  synchronized long[] arrivalNanos() {
    return Arrays.copyOf(arrivals, arrivalCount);
  }

  /** Starts counting anew; calls in flight stay in flight. */
  synchronized void reset() {
    countByResult.clear();
    calls = 0;
    maxInFlight = inFlight;
    arrivals = new long[FIRST_ARRIVALS];
    arrivalCount = 0;
    admittedNanos = new long[FIRST_ARRIVALS];
    admittedTokens = new long[FIRST_ARRIVALS];
    admittedCount = 0;
  }
}
