package io.promptbeam.flink;

import io.promptbeam.pipeline.Worker;
import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.JobStore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Closes a worker also when its process is told to end: Flink ends TaskManagers without tearing
 * DoFns down, and jobs whose worker does not say goodbye wait until their leases lapse.
 */
record ClosingWorkers(Worker.Factory workers) implements Worker.Factory {
  private static final long serialVersionUID = 1L;

  @Override
  public String key() {
    return workers.key();
  }

  @Override
  public Worker open() {
    return new ClosingWorker(workers.open());
  }

  private static final class ClosingWorker implements Worker {
    private final Worker worker;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread atExit = new Thread(this::closeOnce, "close-worker");

    ClosingWorker(Worker worker) {
      this.worker = worker;
      Runtime.getRuntime().addShutdownHook(atExit);
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
        Runtime.getRuntime().removeShutdownHook(atExit);
      } catch (IllegalStateException e) {
        // The process is ending, and the hook runs.
      }
      closeOnce();
    }

    private void closeOnce() {
      if (closed.compareAndSet(false, true)) {
        worker.close();
      }
    }
  }
}
