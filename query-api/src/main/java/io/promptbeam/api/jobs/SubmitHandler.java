package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.JsonBody;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.Problems;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Accepts jobs. */
final class SubmitHandler implements Handler {
  /** Which of the two forms the body has. */
  @FunctionalInterface
  interface Form {
    Submission parse(JsonNode body, Owner owner, Optional<String> idempotencyKey, Instant now)
        throws InvalidSubmissionException;
  }

  /** Says that the job was there before, and that this request made none. */
  static final String REPLAYED = "Idempotent-Replayed";

  private final Form form;
  private final LimitedSubmitter submitter;
  private final Clock clock;

  SubmitHandler(Form form, LimitedSubmitter submitter, Clock clock) {
    this.form = form;
    this.submitter = submitter;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    JsonNode body = JsonBody.read(request);
    Submission submission;
    try {
      submission =
          form.parse(body, caller.owner(), request.header("Idempotency-Key"), clock.instant());
    } catch (InvalidSubmissionException e) {
      throw Problems.invalid(e).asException();
    }
    return submitter.submit(submission.tracedUnder(request.traceparent()), SubmitHandler::answer);
  }

  private static ApiResponse answer(SubmitOutcome outcome) {
    if (!(outcome instanceof SubmitOutcome.Accepted accepted)) {
      throw Problem.of(
              422,
              "idempotency_key_reused",
              "Idempotency key reused",
              "This Idempotency-Key came with another body before. Use a new key for a new job.")
          .withField("Idempotency-Key")
          .asException();
    }
    return answer(accepted);
  }

  /** What a submission is answered with, and anything else that makes a job. */
  static ApiResponse answer(SubmitOutcome.Accepted accepted) {
    JobSpec spec = accepted.job().spec();
    ApiResponse answer =
        ApiResponse.json(202, JobViews.accepted(spec))
            .with("Location", JobPaths.status(spec.id()))
            .with(
                "Retry-After",
                PollEstimate.retryAfterSeconds(PollEstimate.initial(spec.limits().priority())))
            .with("Cache-Control", "no-store");
    // A header, since the body of a replay is that of the first answer, byte for byte.
    return accepted.replayed() ? answer.with(REPLAYED, "true") : answer;
  }
}
