package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.EntityTag;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.api.jobs.TerminalCache.Tagged;
import io.promptbeam.api.jobs.TerminalCache.View;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.store.JobStore.Part;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Answers with a completed job's result. */
final class ResultHandler implements Handler {
  private final JobReader reader;
  private final TerminalCache cache;
  private final WaitingReasons reasons;
  private final Clock clock;

  ResultHandler(JobReader reader, TerminalCache cache, WaitingReasons reasons, Clock clock) {
    this.reasons = reasons;
    this.reader = reader;
    this.cache = cache;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    JobId id = JobReader.idIn(request);
    Optional<String> known = request.header("If-None-Match");
    Optional<Tagged> cached = cache.find(id, View.RESULT, caller);
    if (cached.isPresent()) {
      return CompletableFuture.completedFuture(answer(cached.get(), known));
    }
    return reader
        .read(id, caller, Set.of(Part.RESULT))
        .thenCompose(
            job ->
                job.run().state().isTerminal()
                    ? CompletableFuture.completedFuture(answer(job, known))
                    : unfinished(job));
  }

  private CompletableFuture<ApiResponse> unfinished(Job job) {
    Instant now = clock.instant();
    return reasons
        .of(job, now)
        .thenApply(
            waiting ->
                ApiResponse.json(202, JobViews.status(job, now, waiting))
                    .with("Cache-Control", "no-store")
                    .with(
                        "Retry-After",
                        PollEstimate.retryAfterSeconds(PollEstimate.of(job, now, waiting))));
  }

  private ApiResponse answer(Job job, Optional<String> known) {
    if (job.run().erased()) {
      throw Problem.of(
              410, "job_erased", "Result erased", "The job's payload and result were erased.")
          .asException();
    }
    if (job.run().state() != JobState.COMPLETED) {
      throw noResult(job);
    }
    byte[] body = JobViews.result(job);
    String tag = EntityTag.of(body);
    ApiResponse rendered =
        ApiResponse.json(200, body).with("ETag", tag).with("Cache-Control", StatusHandler.CACHE);
    Tagged tagged = new Tagged(tag, rendered);
    cache.put(job.spec().id(), View.RESULT, job.spec().owner(), tagged);
    return answer(tagged, known);
  }

  private static ApiResponse answer(Tagged rendered, Optional<String> known) {
    return known.isPresent() && EntityTag.matches(known.get(), rendered.tag())
        ? rendered.answer().notModified()
        : rendered.answer();
  }

  private static ProblemException noResult(Job job) {
    String state = job.run().state().wireName();
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    Problem problem =
        Problem.of(
                409,
                "job_" + state,
                "Job " + state,
                "The job ended without a result; error says why.")
            .with("job_id", nodes.textNode(job.spec().id().toString()))
            .with("job_status", nodes.textNode(state));
    var error = job.run().ending().flatMap(Ending::error);
    if (error.isPresent()) {
      ObjectNode json = nodes.objectNode();
      json.put("code", error.get().code());
      json.put("message", error.get().message());
      json.set(
          "provider_status",
          error.get().providerStatus().isPresent()
              ? nodes.numberNode(error.get().providerStatus().get())
              : nodes.nullNode());
      problem = problem.with("error", json);
    }
    return problem.asException();
  }
}
