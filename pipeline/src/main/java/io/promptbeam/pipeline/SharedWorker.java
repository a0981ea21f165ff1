package io.promptbeam.pipeline;

import io.promptbeam.pipeline.batch.BatchExpander;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One worker a process and factory key, opened by the first DoFn that needs it and closed after the
 * last let go. Thread-safe.
 */
final class SharedWorker implements AutoCloseable {
  private static final Map<String, Shared> OPEN = new HashMap<>();

  private final String key;
  private final Shared shared;

  private SharedWorker(String key, Shared shared) {
    this.key = key;
    this.shared = shared;
  }

  static SharedWorker acquire(Worker.Factory factory) {
    synchronized (OPEN) {
      Shared shared = OPEN.computeIfAbsent(factory.key(), key -> new Shared(factory.open()));
      shared.users++;
      return new SharedWorker(factory.key(), shared);
    }
  }

  Worker get() {
    return shared.worker;
  }

  /** The shard of a key of {@link CallLlm}: DoFn instances come and go, shards stay. */
  Shard shard(int key) {
    return shared.shards.computeIfAbsent(key, k -> new Shard());
  }

  /** The worker's figures for the runner. */
  BeamFigures figures() {
    return shared.figures;
  }

  /** The worker's, opened when it is first asked for. */
  BatchExpander expander() {
    return shared.expander();
  }

  @Override
  public void close() {
    synchronized (OPEN) {
      if (--shared.users > 0) {
        return;
      }
      OPEN.remove(key);
    }
    shared.close();
  }

  private static final class Shared {
    private final Worker worker;
    private final Map<Integer, Shard> shards = new ConcurrentHashMap<>();
    private final BeamFigures figures;
    private @Nullable BatchExpander expander;
    private int users;

    Shared(Worker worker) {
      this.worker = worker;
      figures =
          new BeamFigures(() -> worker.engine().figures(), BeamFigures.Sink.BEAM, System::nanoTime);
    }

    synchronized BatchExpander expander() {
      if (expander == null) {
        expander =
            new BatchExpander(
                worker.store(), worker.engine().endedNotices(), worker.clients()::catalog);
      }
      return expander;
    }

    synchronized void close() {
      if (expander != null) {
        expander.close();
      }
      worker.close();
    }
  }
}
