package io.promptbeam.pipeline.llm.simulated;

/** Watches calls arrive; for benchmarks and tests. Called on server threads: must be quick. */
@FunctionalInterface
public interface CallObserver {
  /**
   * A call's last byte has arrived.
   *
   * @param arrivalNanos {@link System#nanoTime} when its headers arrived
   * @param body not to be modified
   */
  void arrived(long arrivalNanos, String path, byte[] body);
}
