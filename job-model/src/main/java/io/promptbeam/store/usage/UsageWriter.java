package io.promptbeam.store.usage;

import io.promptbeam.job.CallRecord;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.outage.SparseWarning;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds up usage in memory and writes it every so often, one change at a time for an owner's day.
 * Each change carries the next number of this writer's sequence for that day; when an answer is
 * lost, the number in the store tells whether the change was made, so it is made once. What a
 * process had not written when it died is missing from the counters; the job rows have it.
 * Thread-safe.
 */
public final class UsageWriter implements UsageLedger {
  /** What a crash may lose. */
  public static final Duration FLUSH_EVERY = Duration.ofMillis(500);

  private static final Logger LOG = LoggerFactory.getLogger(UsageWriter.class);
  private static final SparseWarning UNCOUNTED = new SparseWarning(LOG);

  /** For a change whose answer was lost to be made, or to be dropped for good, before a look. */
  private static final Duration LOOK_BACK_AFTER = Duration.ofSeconds(1);

  /** Days that lie so far back get no more changes, or none that need their sequence. */
  private static final int DAYS_KEPT = 2;

  /** Runs things later. */
  @FunctionalInterface
  public interface Later {
    Later REAL =
        (wait, task) ->
            CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS).execute(task);

    void after(Duration wait, Runnable task);
  }

  private final UsageStore store;
  private final String writer;
  private final Later later;
  private final Map<UsageDay, DayCounts> days = new HashMap<>();
  private LocalDate newest = LocalDate.MIN;

  /**
   * Writes nothing until something is counted.
   *
   * @param writer unlike that of any other writer there ever is
   */
  public UsageWriter(UsageStore store, String writer, Later later) {
    this.store = store;
    this.writer = writer;
    this.later = later;
  }

  @Override
  public void recorded(Owner owner, List<CallRecord> calls, boolean reserved) {
    for (CallRecord call : calls) {
      UsageCounts counts = UsageCounts.of(call);
      UsageDay day = UsageDay.of(owner, call.at());
      add(day, call.modelId(), counts, reserved ? 0 : counts.costPicos());
    }
  }

  @Override
  public void ended(Owner owner, String modelId, JobState state, Instant at) {
    add(UsageDay.of(owner, at), modelId, UsageCounts.ofJob(state), 0);
  }

  private void add(UsageDay day, String modelId, UsageCounts counts, long unreservedPicos) {
    synchronized (days) {
      if (day.day().isAfter(newest)) {
        newest = day.day();
        days.entrySet()
            .removeIf(
                old ->
                    old.getKey().day().isBefore(newest.minusDays(DAYS_KEPT))
                        && old.getValue().isIdle());
      }
      if (days.computeIfAbsent(day, key -> new DayCounts()).add(modelId, counts, unreservedPicos)) {
        later.after(FLUSH_EVERY, () -> write(day));
      }
    }
  }

  private void write(UsageDay day) {
    UsageStore.Change change;
    synchronized (days) {
      DayCounts counts = days.get(day);
      if (counts == null || !counts.begin()) {
        return;
      }
      change = counts.writing;
    }
    send(day, change);
  }

  private void send(UsageDay day, UsageStore.Change change) {
    var unused =
        attempt(() -> store.add(day, writer, change))
            .whenComplete(
                (done, failure) -> {
                  if (failure == null) {
                    written(day);
                  } else {
                    UNCOUNTED.warn(
                        () -> "usage is not counted yet: " + SparseWarning.reason(failure));
                    missed(day);
                    later.after(LOOK_BACK_AFTER, () -> lookBack(day, change));
                  }
                });
  }

  /** Whether the change was made, its number tells. */
  private void lookBack(UsageDay day, UsageStore.Change change) {
    var unused =
        attempt(() -> store.sequence(day, writer))
            .whenComplete(
                (sequence, failure) -> {
                  if (failure != null) {
                    missed(day);
                    later.after(LOOK_BACK_AFTER, () -> lookBack(day, change));
                  } else if (sequence > numberBefore(day)) {
                    written(day);
                  } else {
                    send(day, change);
                  }
                });
  }

  private long numberBefore(UsageDay day) {
    synchronized (days) {
      DayCounts counts = days.get(day);
      return counts == null ? Long.MAX_VALUE : counts.number;
    }
  }

  private void written(UsageDay day) {
    List<CompletableFuture<Void>> heard = new ArrayList<>();
    synchronized (days) {
      DayCounts counts = days.get(day);
      if (counts == null) {
        return;
      }
      if (counts.written()) {
        later.after(counts.flushing() ? Duration.ZERO : FLUSH_EVERY, () -> write(day));
      } else {
        heard.addAll(counts.takeWaiting());
      }
    }
    heard.forEach(waiting -> waiting.complete(null));
  }

  /** Who waits for a flush does not wait for an outage to end. */
  private void missed(UsageDay day) {
    List<CompletableFuture<Void>> heard = new ArrayList<>();
    synchronized (days) {
      DayCounts counts = days.get(day);
      if (counts != null) {
        heard.addAll(counts.takeWaiting());
      }
    }
    heard.forEach(waiting -> waiting.complete(null));
  }

  @Override
  public CompletableFuture<Void> flush() {
    List<UsageDay> dirty = new ArrayList<>();
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    synchronized (days) {
      days.forEach(
          (day, counts) -> {
            if (!counts.isIdle()) {
              dirty.add(day);
              waiting.add(counts.await());
            }
          });
    }
    dirty.forEach(this::write);
    return CompletableFuture.allOf(waiting.toArray(CompletableFuture<?>[]::new));
  }

  private static <T> CompletableFuture<T> attempt(Supplier<CompletableFuture<T>> request) {
    try {
      return request.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** One day's counts that are not written yet. Guarded by {@link #days}. */
  private static final class DayCounts {
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
    private Map<String, UsageCounts> pending = new HashMap<>();
    private long pendingUnreservedPicos;
    private UsageStore.Change writing = UsageStore.Change.NONE;
    private boolean isWriting;
    private boolean isScheduled;

    /** Of the last change that was made. */
    private long number;

    /** True when a write is to be scheduled. */
    boolean add(String modelId, UsageCounts counts, long unreservedPicos) {
      pending.merge(modelId, counts, UsageCounts::plus);
      pendingUnreservedPicos += unreservedPicos;
      boolean first = !isWriting && !isScheduled;
      isScheduled |= first;
      return first;
    }

    /** True when {@link #writing} is to be sent now. */
    boolean begin() {
      isScheduled = false;
      if (isWriting || pending.isEmpty()) {
        return false;
      }
      writing = new UsageStore.Change(pending, pendingUnreservedPicos);
      isWriting = true;
      pending = new HashMap<>();
      pendingUnreservedPicos = 0;
      return true;
    }

    /** True when more has come meanwhile; a write is to be scheduled then. */
    boolean written() {
      isWriting = false;
      number++;
      writing = UsageStore.Change.NONE;
      isScheduled = !pending.isEmpty();
      return isScheduled;
    }

    boolean isIdle() {
      return !isWriting && pending.isEmpty();
    }

    boolean flushing() {
      return !waiting.isEmpty();
    }

    CompletableFuture<Void> await() {
      CompletableFuture<Void> written = new CompletableFuture<>();
      waiting.add(written);
      return written;
    }

    List<CompletableFuture<Void>> takeWaiting() {
      List<CompletableFuture<Void>> taken = List.copyOf(waiting);
      waiting.clear();
      return taken;
    }
  }
}
