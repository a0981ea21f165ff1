package io.promptbeam.pipeline.batch;

import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.submit.BatchLineParser;
import io.promptbeam.submit.BatchValidation;
import java.time.Clock;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Expands a worker's batches, some at a time, on threads of its own. What it has ready waits here,
 * in memory, to be {@link #drain}ed. Thread-safe, never blocks its callers.
 */
public final class BatchExpander implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchExpander.class);
  private static final SparseWarning UNAVAILABLE = new SparseWarning(LOG);
  private static final int THREADS = 2;

  /** Together some minutes; then the sweep begins anew. */
  private static final int[] PAUSE_SECONDS = {1, 2, 4, 8, 15, 30, 30, 30};

  private static final class Running {
    private final Queue<SegmentItem> ready = new ConcurrentLinkedQueue<>();
    private volatile boolean ended;
  }

  private final JobStore store;
  private final EndedNotices notices;
  private final BatchLineParser parser;
  private final Map<BatchId, Running> running = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          task -> {
            Thread thread = new Thread(task, "batch-expander");
            thread.setDaemon(true);
            return thread;
          });

  public BatchExpander(JobStore store, EndedNotices notices, Supplier<ModelCatalog> models) {
    this.store = store;
    this.notices = notices;
    this.parser = new BatchLineParser(models);
  }

  /** Goes to work on a batch, unless it is at it. */
  public void expand(BatchId id) {
    Running fresh = new Running();
    if (running.putIfAbsent(id, fresh) == null) {
      threads.execute(() -> run(id, fresh));
    }
  }

  private void run(BatchId id, Running own) {
    Expansion expansion =
        new Expansion(
            store,
            notices,
            parser,
            Clock.systemUTC(),
            BatchValidation.MAX_LINES,
            id,
            own.ready::add);
    try {
      for (int pause : PAUSE_SECONDS) {
        try {
          expansion.run();
          return;
        } catch (StoreUnavailableException e) {
          UNAVAILABLE.warn(() -> id + " waits to be expanded: " + SparseWarning.reason(e));
        }
        Thread.sleep(pause * 1_000L);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // Its message may quote a line.
      LOG.error("{}: could not be expanded: {}", id, e.getClass().getName());
    } finally {
      own.ended = true;
    }
  }

  /**
   * Takes out what is ready of a batch.
   *
   * @return whether more may follow; false also of a batch it does not know
   */
  public boolean drain(BatchId id, Consumer<SegmentItem> onItem) {
    Running known = running.get(id);
    if (known == null) {
      return false;
    }
    boolean ended = known.ended;
    for (@Nullable SegmentItem next = known.ready.poll(); next != null; next = known.ready.poll()) {
      onItem.accept(next);
    }
    if (ended) {
      running.remove(id, known);
    }
    return !ended;
  }

  /** Whether {@link #drain} has, or will have, something to say of it. */
  public boolean knows(BatchId id) {
    return running.containsKey(id);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
