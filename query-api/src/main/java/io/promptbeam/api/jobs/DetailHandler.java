package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problems;
import io.promptbeam.job.Job;
import io.promptbeam.store.JobStore.Part;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Answers with all there is to know about one job. For people who look; it reads the request too,
 * so who polls had better ask for the status.
 */
final class DetailHandler implements Handler {
  /** The path of one job matches where jobs are submitted, and that place is none. */
  private static final String NO_JOB = "submit";

  private final JobReader reader;
  private final WaitingReasons reasons;
  private final Clock clock;

  DetailHandler(JobReader reader, WaitingReasons reasons, Clock clock) {
    this.reader = reader;
    this.reasons = reasons;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    if (request.pathValue("job_id").equals(NO_JOB)) {
      throw Problems.methodNotAllowed(List.of("OPTIONS", "POST")).asException();
    }
    return reader
        .read(JobReader.idIn(request), caller, Set.of(Part.REQUEST, Part.RESULT))
        .thenCompose(
            job -> {
              Instant now = clock.instant();
              return reasons.of(job, now).thenApply(waiting -> answer(job, now, waiting));
            });
  }

  private static ApiResponse answer(Job job, Instant now, Optional<Waiting> waiting) {
    ApiResponse answer =
        ApiResponse.json(200, JobViews.detail(job, now, waiting)).with("Cache-Control", "no-store");
    return job.run().state().isTerminal()
        ? answer
        : answer.with(
            "Retry-After", PollEstimate.retryAfterSeconds(PollEstimate.of(job, now, waiting)));
  }
}
