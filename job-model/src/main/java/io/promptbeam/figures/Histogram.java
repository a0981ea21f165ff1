package io.promptbeam.figures;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Durations as they come, in the buckets of {@link Latencies}. Thread-safe, without locks. */
public final class Histogram {
  private final AtomicLongArray counts = new AtomicLongArray(Latencies.BUCKETS);
  private final LongAdder sumNanos = new LongAdder();

  /** Counts one duration; less than none counts as none. */
  public void add(long nanos) {
    long counted = Math.max(0, nanos);
    sumNanos.add(counted);
    counts.incrementAndGet(Latencies.bucketOf(counted));
  }

  /** What was counted so far; its sum may be ahead of its buckets by what is being counted. */
  public Latencies snapshot() {
    long[] now = new long[Latencies.BUCKETS];
    for (int i = 0; i < now.length; i++) {
      now[i] = counts.get(i);
    }
    return new Latencies(now, sumNanos.sum());
  }
}
