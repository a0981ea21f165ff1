package io.promptbeam.pipeline;

import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.JobStore;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lends a worker that is already open to a pipeline of the same process, so that whoever embeds the
 * pipeline can look at the worker's engine. The pipeline closes it when it ends, if it ever used
 * it. Thread-safe.
 */
public final class InProcessWorkers {
  private static final Map<String, Lent> LENT = new ConcurrentHashMap<>();

  private InProcessWorkers() {}

  /** A factory whose {@link Worker.Factory#open} answers {@code worker}, in this process only. */
  public static Worker.Factory lend(Worker worker) {
    String key = UUID.randomUUID().toString();
    LENT.put(key, new Lent(key, worker));
    return new LentFactory(key);
  }

  /**
   * Waits until the worker of a factory of {@link #lend} is closed; closes it if no DoFn has ever
   * taken it: a pipeline whose DoFns were never set up has nothing that would. To be called when
   * the pipeline has ended. The DirectRunner tears DoFns down on whichever of its threads comes
   * first, and answers that the pipeline has ended before they are done; a process that ended then
   * would cut off what its worker still writes down.
   *
   * @return whether the worker was closed within {@code patience}
   */
  public static boolean awaitClosed(Worker.Factory factory, Duration patience)
      throws InterruptedException {
    Lent lent = LENT.get(factory.key());
    if (lent == null) {
      return true;
    }
    if (lent.take()) {
      lent.close();
    }
    return lent.closed.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private record LentFactory(String key) implements Worker.Factory {
    private static final long serialVersionUID = 1L;

    @Override
    public Worker open() {
      Lent lent = LENT.get(key);
      if (lent == null || !lent.take()) {
        throw new IllegalStateException(
            "the lent worker is in use or closed, or this is another process than lent it");
      }
      return lent;
    }
  }

  private static final class Lent implements Worker {
    private final String key;
    private final Worker worker;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    Lent(String key, Worker worker) {
      this.key = key;
      this.worker = worker;
    }

    boolean take() {
      return taken.compareAndSet(false, true);
    }

    @Override
    public JobStore store() {
      return worker.store();
    }

    @Override
    public LlmClients clients() {
      return worker.clients();
    }

    @Override
    public CallEngine engine() {
      return worker.engine();
    }

    @Override
    public void close() {
      try {
        worker.close();
      } finally {
        LENT.remove(key);
        closed.countDown();
      }
    }
  }
}
