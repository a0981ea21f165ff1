package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.EntityTag;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.WaitPreference;
import io.promptbeam.api.jobs.TerminalCache.Tagged;
import io.promptbeam.api.jobs.TerminalCache.View;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
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
  private final Clock clock;

  StatusHandler(JobReader reader, TerminalCache cache, JobWatcher watcher, Clock clock) {
    this.reader = reader;
    this.cache = cache;
    this.watcher = watcher;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Owner owner) {
    JobId id = JobReader.idIn(request);
    Optional<String> known = request.header("If-None-Match");
    Duration wait = WaitPreference.of(request);
    Optional<Tagged> cached = cache.find(id, View.STATUS, owner);
    if (cached.isPresent()) {
      return CompletableFuture.completedFuture(applied(answer(cached.get(), known), wait));
    }
    return reader
        .read(id, owner, Set.of())
        .thenCompose(
            job -> {
              if (job.run().state().isTerminal()) {
                return render(job).thenApply(now -> applied(answer(now, known), wait));
              }
              Tagged now = tagged(job, clock.instant());
              // A caller who has not seen the present state wants that, not the next one.
              boolean news = known.isPresent() && !EntityTag.matches(known.get(), now.tag());
              if (wait.isZero() || news) {
                return CompletableFuture.completedFuture(applied(answer(now, known), wait));
              }
              return watcher
                  .await(id, job.run().state(), wait)
                  .map(changed -> changed.thenCompose(done -> afterWait(id, owner, known, wait)))
                  .orElseGet(() -> CompletableFuture.completedFuture(answer(now, known)));
            });
  }

  private CompletableFuture<ApiResponse> afterWait(
      JobId id, Owner owner, Optional<String> known, Duration wait) {
    return reader
        .read(id, owner, Set.of())
        .thenCompose(this::render)
        .thenApply(now -> applied(answer(now, known), wait));
  }

  /** Reads the result only where the answer shows it. */
  private CompletableFuture<Tagged> render(Job job) {
    if (job.run().state() != JobState.COMPLETED || job.run().erased()) {
      return CompletableFuture.completedFuture(remember(job));
    }
    return reader
        .read(job.spec().id(), job.spec().owner(), Set.of(Part.RESULT))
        .thenApply(this::remember);
  }

  private Tagged remember(Job job) {
    Tagged rendered = tagged(job, clock.instant());
    if (job.run().state().isTerminal()) {
      cache.put(job.spec().id(), View.STATUS, job.spec().owner(), rendered);
    }
    return rendered;
  }

  private static Tagged tagged(Job job, Instant now) {
    byte[] body = JobViews.status(job, now);
    String tag = EntityTag.of(body);
    ApiResponse answer = ApiResponse.json(200, body).with("ETag", tag).with("Cache-Control", CACHE);
    if (!job.run().state().isTerminal()) {
      String seconds = PollEstimate.retryAfterSeconds(PollEstimate.of(job, now));
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
