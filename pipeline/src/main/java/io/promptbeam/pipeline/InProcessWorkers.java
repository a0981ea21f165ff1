package io.promptbeam.pipeline;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lends a worker that is already open to a pipeline of the same process, so that whoever embeds the
 * pipeline can look at the worker's engine. The pipeline closes it when it ends, if it ever used
 * it.
 */
public final class InProcessWorkers {
  private static final Map<String, Worker> LENT = new ConcurrentHashMap<>();

  private InProcessWorkers() {}

  /** A factory whose {@link Worker.Factory#open} answers {@code worker}, in this process only. */
  public static Worker.Factory lend(Worker worker) {
    String key = UUID.randomUUID().toString();
    LENT.put(key, worker);
    return new LentFactory(key);
  }

  /**
   * Closes the worker of a factory of {@link #lend} if no DoFn has ever taken it: a pipeline whose
   * DoFns were never set up has nothing that would close it. To be called when the pipeline has
   * ended.
   */
  public static void closeUnused(Worker.Factory factory) {
    Worker unused = LENT.remove(factory.key());
    if (unused != null) {
      unused.close();
    }
  }

  private record LentFactory(String key) implements Worker.Factory {
    private static final long serialVersionUID = 1L;

    @Override
    public Worker open() {
      Worker worker = LENT.remove(key);
      if (worker == null) {
        throw new IllegalStateException(
            "the lent worker is in use or closed, or this is another process than lent it");
      }
      return worker;
    }
  }
}
