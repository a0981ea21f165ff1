package io.promptbeam.pipeline.engine;

import io.promptbeam.job.CachedAnswer;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.store.AnswerIndex;
import io.promptbeam.store.AnswerKey;
import io.promptbeam.store.JobStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Identical requests of one owner: in this worker, one attempt at a time looks for an answer or
 * makes the call, and the others wait for what it finds. Thread-safe.
 */
final class SharedAnswers {
  /**
   * An answer that others may have.
   *
   * @param answeredAt when the job that was called for it ended
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Source(CachedAnswer answer, Instant answeredAt, byte[] result) {
    JobEvent completion() {
      return new JobEvent.CompleteFromCache(answer);
    }

    /** Whether a job that takes answers of that age may have it. */
    boolean isRecent(Duration maxAge, Instant now) {
      return !answeredAt.plus(maxAge).isBefore(now);
    }

    /**
     * What {@code job}, read with its result, can give to others; nothing when it has a copy, which
     * would outlive the erasing of what it was copied from.
     */
    static Optional<Source> of(Job job, Optional<byte[]> result) {
      Optional<String> servedBy = job.run().servedBy(job.spec());
      Optional<Ending> ending = job.run().ending();
      if (job.run().state() != JobState.COMPLETED
          || job.run().erased()
          || result.isEmpty()
          || servedBy.isEmpty()
          || ending.isEmpty()
          || ending.get().cached().isPresent()) {
        return Optional.empty();
      }
      var answer = new CachedAnswer(job.spec().id(), servedBy.get(), ending.get().costUsd());
      return Optional.of(new Source(answer, ending.get().at(), result.get()));
    }
  }

  /** An attempt that waits for another one's. */
  interface Waiter {
    /** Whether it could use {@code found}; quick, and without effect. */
    boolean accepts(Source found);

    /** What was found that it accepts; empty for it to look by itself. Called once. */
    void told(Optional<Source> found);
  }

  /** Those who ask for one key. */
  private static final class Entry {
    private List<Waiter> waiting = new ArrayList<>();

    /** Whether an attempt looks; else one is on its way that will. */
    private boolean led = true;

    private long turn;
  }

  private final JobStore store;
  private final Map<AnswerKey, Entry> entered = new HashMap<>();

  SharedAnswers(JobStore store) {
    this.store = store;
  }

  AnswerIndex index() {
    return store.answers();
  }

  CompletableFuture<Optional<Job>> read(JobId id) {
    return store.read(id, Set.of(JobStore.Part.RESULT));
  }

  /**
   * True when the caller is the one that looks, and has to {@link #leave}; else {@code waiter}
   * hears what the one that does has found.
   */
  boolean enter(AnswerKey key, Waiter waiter) {
    synchronized (entered) {
      Entry entry = entered.get(key);
      if (entry == null) {
        entered.put(key, new Entry());
        return true;
      }
      if (!entry.led) {
        entry.led = true;
        return true;
      }
      entry.waiting.add(waiter);
      return false;
    }
  }

  /**
   * Tells all that accept what was found, and sends one of the others to look: were all to look at
   * once, each of many calls that fail would cost as many reads as jobs wait.
   *
   * @return the turn to {@link #release}, when others wait behind the one that was sent
   */
  OptionalLong leave(AnswerKey key, Optional<Source> found) {
    List<Waiter> served = new ArrayList<>();
    List<Waiter> others = new ArrayList<>();
    OptionalLong turn = OptionalLong.empty();
    synchronized (entered) {
      Entry entry = entered.get(key);
      if (entry == null) {
        return turn;
      }
      for (Waiter each : entry.waiting) {
        (found.filter(each::accepts).isPresent() ? served : others).add(each);
      }
      if (others.size() > 1) {
        entry.waiting = new ArrayList<>(others.subList(1, others.size()));
        entry.led = false;
        entry.turn++;
        turn = OptionalLong.of(entry.turn);
      } else {
        entered.remove(key);
      }
    }
    served.forEach(each -> each.told(found));
    others.stream().limit(1).forEach(each -> each.told(Optional.empty()));
    return turn;
  }

  /** Sends all to look, if nobody has come to look in this turn. */
  void release(AnswerKey key, long turn) {
    List<Waiter> waiting;
    synchronized (entered) {
      Entry entry = entered.get(key);
      if (entry == null || entry.led || entry.turn != turn) {
        return;
      }
      entered.remove(key);
      waiting = entry.waiting;
    }
    waiting.forEach(each -> each.told(Optional.empty()));
  }
}
