package io.promptbeam.store;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Transition;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Applies events to stored jobs: the state machine decides, a compare-and-set writes, and when
 * somebody else wrote in between, the machine decides anew on what they wrote. Thread-safe, never
 * blocks; the only way a run changes.
 */
public final class Jobs {
  private final JobStore store;
  private final Clock clock;

  public Jobs(JobStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** What became of an event. */
  public sealed interface Applied {
    /** Written: {@code job} as it is now (its request and result as {@code known} had them). */
    record Done(Job job) implements Applied {}

    /** Not written, because of {@code reason}; {@code job} is the state that decided. */
    record Refused(Job job, Transition.Reason reason) implements Applied {}

    /** There is no such job any more. */
    record Gone() implements Applied {}
  }

  /** Applies {@code event}, starting from {@code known}, which may be stale. */
  public CompletableFuture<Applied> apply(Job known, JobEvent event) {
    return apply(known, event, Optional.empty());
  }

  /** Like {@link #apply(Job, JobEvent)}, with a result written in the same mutation. */
  public CompletableFuture<Applied> apply(Job known, JobEvent event, Optional<byte[]> result) {
    Transition transition = known.run().apply(event, known.spec().limits(), clock.instant());
    if (transition instanceof Transition.Refused refused) {
      return CompletableFuture.completedFuture(new Applied.Refused(known, refused.reason()));
    }
    var next = ((Transition.Moved) transition).next();
    return store
        .compareAndSet(known, next, result)
        .thenCompose(
            version -> {
              if (version.isPresent()) {
                Job written =
                    new Job(known.spec(), next, version.get(), known.request(), known.result());
                return CompletableFuture.<Applied>completedFuture(new Applied.Done(written));
              }
              return retry(known, event, result);
            });
  }

  private CompletableFuture<Applied> retry(Job known, JobEvent event, Optional<byte[]> result) {
    return store
        .read(known.spec().id(), Set.of())
        .thenCompose(
            found -> {
              if (found.isEmpty()) {
                return CompletableFuture.<Applied>completedFuture(new Applied.Gone());
              }
              Job fresh = found.get();
              Job merged =
                  new Job(
                      fresh.spec(), fresh.run(), fresh.version(), known.request(), known.result());
              return apply(merged, event, result);
            });
  }

  /** Reads the job, then applies {@code event}. */
  public CompletableFuture<Applied> apply(JobId id, JobEvent event) {
    return store
        .read(id, Set.of())
        .thenCompose(
            found ->
                found
                    .map(job -> apply(job, event))
                    .orElseGet(() -> CompletableFuture.completedFuture(new Applied.Gone())));
  }
}
