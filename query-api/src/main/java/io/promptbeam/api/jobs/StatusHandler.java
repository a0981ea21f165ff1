package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.EntityTag;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.WaitPreference;
import io.promptbeam.api.jobs.TerminalCache.Tagged;
import io.promptbeam.api.jobs.TerminalCache.View;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.store.JobStore.Part;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Answers polls: from the cache when the job has ended, else from the store. */
final class StatusHandler implements Handler {
  private final JobReader reader;
  private final TerminalCache cache;
  private final JobWatcher watcher;
  private final WaitingReasons reasons;
  private final Clock clock;

  StatusHandler(
      JobReader reader,
      TerminalCache cache,
      JobWatcher watcher,
      WaitingReasons reasons,
      Clock clock) {
    this.reasons = reasons;
    this.reader = reader;
    this.cache = cache;
    this.watcher = watcher;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    JobId id = JobReader.idIn(request);
    Optional<String> known = request.header("If-None-Match");
    Duration wait = WaitPreference.of(request);
    Optional<Tagged> cached = cache.find(id, View.STATUS, caller);
    if (cached.isPresent()) {
      return CompletableFuture.completedFuture(applied(answer(cached.get(), known), wait));
    }
    return reader
        .read(id, caller, Set.of())
        .thenCompose(
            job -> {
              if (job.run().state().isTerminal()) {
                return render(job, caller).thenApply(now -> applied(answer(now, known), wait));
              }
              // A caller who has not seen the present state wants that, not the next one; why it
              // waits is no state.
              boolean news =
                  known.isPresent()
                      && !EntityTag.matchesStable(
                          known.get(), EntityTag.of(JobViews.status(job, clock.instant())));
              if (wait.isZero() || news) {
                return unfinished(job).thenApply(now -> applied(answer(now, known), wait));
              }
              return watcher
                  .await(id, job.run().state(), wait)
                  .map(changed -> changed.thenCompose(done -> afterWait(id, caller, known, wait)))
                  .orElseGet(() -> unfinished(job).thenApply(now -> answer(now, known)));
            });
  }

  private CompletableFuture<ApiResponse> afterWait(
      JobId id, Caller caller, Optional<String> known, Duration wait) {
    return reader
        .read(id, caller, Set.of())
        .thenCompose(job -> render(job, caller))
        .thenApply(now -> applied(answer(now, known), wait));
  }

  private CompletableFuture<Tagged> unfinished(Job job) {
    Instant now = clock.instant();
    return reasons.of(job, now).thenApply(waiting -> tagged(job, now, waiting));
  }

  /** Reads the result only where the answer shows it. */
  private CompletableFuture<Tagged> render(Job job, Caller caller) {
    if (!job.run().state().isTerminal()) {
      return unfinished(job);
    }
    if (job.run().state() != JobState.COMPLETED || job.run().erased()) {
      return CompletableFuture.completedFuture(remember(job));
    }
    return reader.read(job.spec().id(), caller, Set.of(Part.RESULT)).thenApply(this::remember);
  }

  private Tagged remember(Job job) {
    Tagged rendered = tagged(job, clock.instant(), Optional.empty());
    cache.put(job.spec().id(), View.STATUS, job.spec().owner(), rendered);
    return rendered;
  }

  private static Tagged tagged(Job job, Instant now, Optional<Waiting> waiting) {
    byte[] body = JobViews.status(job, now, waiting);
    // Position and estimates move all the time: most polls in between are still answered 304.
    String tag =
        waiting
            .map(why -> EntityTag.weak(EntityTag.of(JobViews.status(job, now)), why.gist()))
            .orElseGet(() -> EntityTag.of(body));
    ApiResponse answer = ApiResponse.json(200, body).with("ETag", tag).with("Cache-Control", CACHE);
    if (!job.run().state().isTerminal()) {
      String seconds = PollEstimate.retryAfterSeconds(PollEstimate.of(job, now, waiting));
      answer = answer.with("Retry-After", seconds);
    }
    return new Tagged(tag, answer);
  }

  /** Nobody but the caller may keep it, and must ask each time whether it still holds. */
  static final String CACHE = "private, no-cache";

  private static ApiResponse answer(Tagged rendered, Optional<String> known) {
    return known.isPresent() && EntityTag.matches(known.get(), rendered.tag())
        ? rendered.answer().notModified()
        : rendered.answer();
  }

  private static ApiResponse applied(ApiResponse answer, Duration wait) {
    return wait.isZero() ? answer : answer.with("Preference-Applied", "wait=" + wait.toSeconds());
  }
}
