package io.promptbeam.pipeline.engine;

/** Starts per second, of the last ten seconds or so. Not thread-safe: the engine's loop owns it. */
final class StartRate {
  private static final double SECONDS = 10;

  private long starts;
  private long countedSinceNanos;
  private double perSecond;
  private boolean known;

  StartRate(long nowNanos) {
    countedSinceNanos = nowNanos;
  }

  void started(int count) {
    starts += count;
  }

  /** Counts what started since the last call in. To be called every second or so. */
  double perSecond(long nowNanos) {
    double seconds = (nowNanos - countedSinceNanos) / 1e9;
    if (seconds > 0) {
      double now = starts / seconds;
      double weight = known ? 1 - Math.exp(-seconds / SECONDS) : 1;
      perSecond += weight * (now - perSecond);
      known = known || starts > 0;
      starts = 0;
      countedSinceNanos = nowNanos;
    }
    return perSecond;
  }
}
