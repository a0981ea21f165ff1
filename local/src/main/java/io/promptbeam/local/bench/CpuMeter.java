package io.promptbeam.local.bench;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Optional;

/** Processor time since it was made, of this process and of the emulators it started. */
public final class CpuMeter {
  private final long ownNanos = ownNanos();
  private final long childrenNanos = childrenNanos();

  /** Milliseconds of this process per {@code count}. */
  public double ownMillisPer(long count) {
    return (ownNanos() - ownNanos) / 1e6 / (double) count;
  }

  /** Milliseconds of child processes per {@code count}. */
  public double childrenMillisPer(long count) {
    return (childrenNanos() - childrenNanos) / 1e6 / (double) count;
  }

  private static long ownNanos() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getProcessCpuTime();
  }

  private static long childrenNanos() {
    return ProcessHandle.current()
        .descendants()
        .map(child -> child.info().totalCpuDuration())
        .flatMap(Optional::stream)
        .mapToLong(Duration::toNanos)
        .sum();
  }
}
