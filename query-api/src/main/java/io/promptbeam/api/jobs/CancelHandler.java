package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problem;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Transition.Reason;
import io.promptbeam.store.EndedJobs;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.Jobs.Applied;
import io.promptbeam.store.usage.UsageLedger;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Cancels a waiting job at once, and asks the worker to give up one that is being called. */
final class CancelHandler implements Handler {
  private final JobReader reader;
  private final Jobs jobs;
  private final EndedJobs ended;
  private final EndedNotices notices;
  private final UsageLedger usage;
  private final Clock clock;

  CancelHandler(
      JobReader reader,
      Jobs jobs,
      EndedJobs ended,
      EndedNotices notices,
      UsageLedger usage,
      Clock clock) {
    this.reader = reader;
    this.jobs = jobs;
    this.ended = ended;
    this.notices = notices;
    this.usage = usage;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    return reader
        .read(JobReader.idIn(request), caller, Set.of())
        .thenCompose(job -> jobs.apply(job, new JobEvent.RequestCancel()))
        .thenApply(this::answer);
  }

  private ApiResponse answer(Applied applied) {
    if (applied instanceof Applied.Done done) {
      if (done.job().run().state().isTerminal()) {
        JobSpec spec = done.job().spec();
        ended.count(spec.owner(), 1);
        usage.ended(spec.owner(), spec.modelId(), done.job().run().state(), clock.instant());
        // Nobody waits for it: where it cannot be kept, the sweep does that before it forgets the
        // job.
        var unused = notices.ended(done.job()).exceptionally(failure -> null);
      }
      return describe(done.job());
    }
    if (applied instanceof Applied.Refused refused) {
      if (refused.reason() == Reason.NO_CHANGE) {
        return describe(refused.job());
      }
      throw Problem.of(
              409,
              "job_already_ended",
              "Job already ended",
              "The job is " + refused.job().run().state().wireName() + "; that cannot change.")
          .asException();
    }
    throw JobReader.unknown();
  }

  /** 200 when it is cancelled, 202 when that is only asked for. */
  private ApiResponse describe(Job job) {
    Instant now = clock.instant();
    boolean ended = job.run().state().isTerminal();
    ApiResponse answer =
        ApiResponse.json(ended ? 200 : 202, JobViews.status(job, now))
            .with("Cache-Control", "no-store");
    return ended
        ? answer
        : answer.with("Retry-After", PollEstimate.retryAfterSeconds(PollEstimate.of(job, now)));
  }
}
