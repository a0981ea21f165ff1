package io.promptbeam.templates.export;

import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobScan;
import java.util.HashMap;
import java.util.Map;

/**
 * One {@link JobScan} a process and target, opened by the first DoFn that needs it and closed after
 * the last let go. Thread-safe.
 */
final class SharedScan implements AutoCloseable {
  private static final Map<BigtableTarget, Shared> OPEN = new HashMap<>();

  private static final class Shared {
    private final JobScan scan;
    private int users;

    Shared(JobScan scan) {
      this.scan = scan;
    }
  }

  private final BigtableTarget target;
  private final Shared shared;

  private SharedScan(BigtableTarget target, Shared shared) {
    this.target = target;
    this.shared = shared;
  }

  static SharedScan acquire(BigtableTarget target) {
    synchronized (OPEN) {
      Shared shared = OPEN.computeIfAbsent(target, key -> new Shared(JobScan.open(key)));
      shared.users++;
      return new SharedScan(target, shared);
    }
  }

  JobScan get() {
    return shared.scan;
  }

  @Override
  public void close() {
    synchronized (OPEN) {
      if (--shared.users > 0) {
        return;
      }
      OPEN.remove(target);
    }
    shared.scan.close();
  }
}
