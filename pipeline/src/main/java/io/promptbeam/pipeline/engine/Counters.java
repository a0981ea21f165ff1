package io.promptbeam.pipeline.engine;

import java.util.concurrent.atomic.LongAdder;

/**
 * What an engine did since it started. {@code callsStarted = callsEnded + callsInFlight}; every
 * call ended is a completed, failed, retried, cancelled or lost attempt.
 */
final class Counters {
  private final LongAdder waiting = new LongAdder();
  private final LongAdder callsStarted = new LongAdder();
  private final LongAdder callsEnded = new LongAdder();
  private final LongAdder throttled = new LongAdder();
  private final LongAdder jobsEnded = new LongAdder();

  void waiting(long change) {
    waiting.add(change);
  }

  void callStarted() {
    callsStarted.increment();
  }

  void callEnded() {
    callsEnded.increment();
  }

  void throttled() {
    throttled.increment();
  }

  void jobEnded() {
    jobsEnded.increment();
  }

  EngineStats snapshot(long breakersOpen) {
    long ended = callsEnded.sum();
    long started = callsStarted.sum();
    return new EngineStats(
        waiting.sum(), started - ended, started, throttled.sum(), jobsEnded.sum(), breakersOpen);
  }
}
