package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problem;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.store.JobStore.Part;
import io.promptbeam.submit.Resubmissions;
import io.promptbeam.submit.Resubmissions.Outcome;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Runs a job once more that failed, expired or was cancelled: as a new job, which is the same one
 * however often this is asked for. When that one has failed too, it is the one to retry.
 */
final class RetryHandler implements Handler {
  private final JobReader reader;
  private final Resubmissions resubmissions;
  private final LimitedSubmitter submitter;
  private final Clock clock;

  RetryHandler(
      JobReader reader, Resubmissions resubmissions, LimitedSubmitter submitter, Clock clock) {
    this.reader = reader;
    this.resubmissions = resubmissions;
    this.submitter = submitter;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    return reader
        .read(JobReader.idIn(request), caller, Set.of(Part.REQUEST))
        .thenCompose(job -> submit(job, request.traceparent()));
  }

  private CompletableFuture<ApiResponse> submit(Job job, Optional<String> traceparent) {
    Outcome outcome = resubmissions.of(job, clock.instant());
    if (outcome instanceof Outcome.Ready ready) {
      return submitter.submit(ready.submission().tracedUnder(traceparent), RetryHandler::answer);
    }
    throw problem(job.spec().id(), outcome).asException();
  }

  private static ApiResponse answer(SubmitOutcome outcome) {
    if (outcome instanceof SubmitOutcome.Accepted accepted) {
      return SubmitHandler.answer(accepted);
    }
    throw new IllegalStateException("a job that is no retry has the id of one");
  }

  private static Problem problem(JobId id, Outcome outcome) {
    Problem problem;
    if (outcome instanceof Outcome.NotFailed notFailed) {
      problem =
          notFailed(notFailed.state())
              .with("job_status", JsonNodeFactory.instance.textNode(notFailed.state().wireName()));
    } else if (outcome instanceof Outcome.ModelGone gone) {
      problem =
          Problem.of(
                  400,
                  "unknown_model",
                  "Model not configured",
                  "model_id: the job's model '"
                      + gone.modelId()
                      + "' is not configured any more. Configure it again, or submit the request"
                      + " anew on a model that GET /api/llm/models/ lists.")
              .withField("model_id");
    } else {
      problem =
          Problem.of(
              410,
              "job_erased",
              "Job erased",
              "The job's request was erased, so it cannot be run again. Submit it anew.");
    }
    return problem.with("job_id", JsonNodeFactory.instance.textNode(id.toString()));
  }

  private static Problem notFailed(JobState state) {
    String remedy =
        state == JobState.COMPLETED
            ? "It has its answer. For another one, submit the request anew."
            : "Wait until it has ended, or cancel it first.";
    return Problem.of(
        409,
        "job_not_failed",
        "Job not failed",
        "The job is "
            + state.wireName()
            + "; only a failed, expired or cancelled job can be retried. "
            + remedy);
  }
}
