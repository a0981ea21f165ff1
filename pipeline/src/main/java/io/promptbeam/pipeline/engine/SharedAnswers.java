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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Identical requests of one owner: in this worker, one attempt at a time looks for an answer or
 * makes the call, and the others wait for what it finds. Thread-safe.
 */
final class SharedAnswers {
  /** An answer that others may have. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Source(CachedAnswer answer, byte[] result) {
    JobEvent completion() {
      return new JobEvent.CompleteFromCache(answer);
    }

    /** What {@code job}, read with its result, can give to others. */
    static Optional<Source> of(Job job, Optional<byte[]> result) {
      Optional<String> servedBy = job.run().servedBy(job.spec());
      if (job.run().state() != JobState.COMPLETED
          || job.run().erased()
          || result.isEmpty()
          || servedBy.isEmpty()) {
        return Optional.empty();
      }
      Optional<CachedAnswer> earlier = job.run().ending().flatMap(Ending::cached);
      if (earlier.isPresent()) {
        return Optional.of(new Source(earlier.get(), result.get()));
      }
      var saved = job.run().ending().flatMap(Ending::costUsd);
      return Optional.of(
          new Source(new CachedAnswer(job.spec().id(), servedBy.get(), saved), result.get()));
    }
  }

  private final JobStore store;
  private final Map<AnswerKey, List<Consumer<Optional<Source>>>> entered = new HashMap<>();

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
   * True when the caller is the one that looks, and has to {@link #leave}; else {@code whenLeft}
   * hears what the one that does has found.
   */
  boolean enter(AnswerKey key, Consumer<Optional<Source>> whenLeft) {
    synchronized (entered) {
      var waiting = entered.get(key);
      if (waiting == null) {
        entered.put(key, new ArrayList<>());
        return true;
      }
      waiting.add(whenLeft);
      return false;
    }
  }

  void leave(AnswerKey key, Optional<Source> found) {
    List<Consumer<Optional<Source>>> waiting;
    synchronized (entered) {
      waiting = entered.remove(key);
    }
    if (waiting != null) {
      waiting.forEach(each -> each.accept(found));
    }
  }

  /** Whether {@code job} ended recently enough for one that takes answers of that age. */
  static boolean isRecent(Job job, Duration maxAge, Instant now) {
    return job.run().ending().filter(end -> !end.at().plus(maxAge).isBefore(now)).isPresent();
  }
}
