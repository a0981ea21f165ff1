package io.promptbeam.api.jobs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a job, as far as its row tells: every call, but only the latest claim. In the
 * order in which it happened, which times from several machines' clocks need not have. Pure.
 */
final class Timeline {
  /** The one step that may be still to come: no attempt starts before it. */
  static final String WAITING = "waiting";

  static final String SUBMITTED = "submitted";
  static final String CLAIMED = "claimed";
  static final String CALLED = "called";

  private Timeline() {}

  /**
   * One step.
   *
   * @param event one of the constants here, or a terminal state's name on the wire
   * @param attempt counted from 1; of {@link #WAITING}, the one to come
   * @param usage of one call; sums are not a step's
   */
  record Step(
      Instant at,
      String event,
      Optional<Integer> attempt,
      Optional<String> modelId,
      Optional<String> errorCode,
      Optional<Usage> usage,
      Optional<BigDecimal> costUsd) {
    private Step(
        Instant at,
        String event,
        Optional<Integer> attempt,
        Optional<String> modelId,
        Optional<String> errorCode) {
      this(at, event, attempt, modelId, errorCode, Optional.empty(), Optional.empty());
    }

    private static Step of(CallRecord call) {
      return new Step(
          call.at(),
          CALLED,
          Optional.of(call.attempt()),
          Optional.of(call.modelId()),
          call.errorCode(),
          call.usage(),
          call.costUsd());
    }
  }

  static List<Step> of(Job job) {
    JobRun run = job.run();
    List<Step> steps = new ArrayList<>();
    steps.add(
        new Step(
            job.spec().createdAt(),
            SUBMITTED,
            Optional.empty(),
            Optional.empty(),
            Optional.empty()));
    int claimed = claimedAttempt(run);
    run.calls().stream().filter(call -> call.attempt() < claimed).map(Step::of).forEach(steps::add);
    run.startedAt()
        .map(
            at ->
                new Step(
                    at, CLAIMED, Optional.of(claimed), claimedFor(job, claimed), Optional.empty()))
        .ifPresent(steps::add);
    run.calls().stream()
        .filter(call -> call.attempt() >= claimed)
        .map(Step::of)
        .forEach(steps::add);
    waiting(job).ifPresent(steps::add);
    run.ending()
        .map(
            end ->
                new Step(
                    end.at(),
                    run.state().wireName(),
                    Optional.of(run.attempt()).filter(attempt -> attempt > 0),
                    run.servedBy(job.spec()),
                    end.error().map(JobError::code)))
        .ifPresent(steps::add);
    return steps;
  }

  /**
   * Which attempt the latest claim began. One that was handed back uncalled is not counted in the
   * run's: then what the run counts was over before.
   */
  private static int claimedAttempt(JobRun run) {
    boolean exact = run.state() == JobState.PROCESSING || run.state() == JobState.COMPLETED;
    boolean overBefore =
        !exact
            && run.calls().stream()
                .anyMatch(
                    call ->
                        call.attempt() == run.attempt()
                            && run.startedAt().filter(call.at()::isBefore).isPresent());
    return overBefore ? run.attempt() + 1 : Math.max(1, run.attempt());
  }

  /** Where the attempt was to be called first; empty when nobody remembers. */
  private static Optional<String> claimedFor(Job job, int attempt) {
    JobRun run = job.run();
    Optional<String> called =
        run.calls().stream()
            .filter(call -> call.attempt() == attempt)
            .map(CallRecord::modelId)
            .findFirst();
    return called.or(
        () ->
            run.state() == JobState.PROCESSING
                ? run.route().modelId().or(() -> Optional.of(job.spec().modelId()))
                : Optional.empty());
  }

  private static Optional<Step> waiting(Job job) {
    JobRun run = job.run();
    if (run.state() != JobState.PENDING) {
      return Optional.empty();
    }
    Optional<Instant> scheduled =
        run.startedAt().isPresent() ? Optional.empty() : job.spec().limits().notBefore();
    return run.notBefore()
        .or(() -> scheduled)
        .map(
            at ->
                new Step(
                    at,
                    WAITING,
                    Optional.of(run.attempt() + 1),
                    Optional.empty(),
                    run.notBefore().flatMap(retry -> run.lastError()).map(JobError::code)));
  }

  static void write(JsonGenerator json, Job job) throws IOException {
    json.writeArrayFieldStart("timeline");
    for (Step step : of(job)) {
      json.writeStartObject();
      json.writeStringField("at", JobViews.wireTime(step.at()));
      json.writeStringField("event", step.event());
      json.writeFieldName("attempt");
      if (step.attempt().isPresent()) {
        json.writeNumber(step.attempt().get());
      } else {
        json.writeNull();
      }
      writeText(json, "model_id", step.modelId());
      writeText(json, "error_code", step.errorCode());
      JobCosts.writeUsage(json, step.usage());
      JobCosts.writeCost(json, step.costUsd());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void writeText(JsonGenerator json, String field, Optional<String> text)
      throws IOException {
    @Nullable String value = text.orElse(null);
    json.writeStringField(field, value);
  }
}
