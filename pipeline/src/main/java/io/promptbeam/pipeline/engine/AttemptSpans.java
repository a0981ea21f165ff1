package io.promptbeam.pipeline.engine;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.llm.CalledModel;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.trace.TraceFields;
import io.promptbeam.trace.Tracing;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is traced of one attempt: {@code process}, from its being drawn to its verdict, and in it
 * the call. An attempt that finds nothing to do leaves no span, and a job that waits holds none.
 * Used by one step of the attempt after the other.
 */
final class AttemptSpans {
  private static final AttemptSpans OFF =
      new AttemptSpans(Tracing.OFF, Optional.empty(), Optional.empty(), Instant.EPOCH);

  private final Tracing tracing;
  private final Optional<String> sentBy;
  private final Optional<BatchId> batch;
  private final Instant drawnAt;
  private volatile Span process = Span.getInvalid();
  private volatile Span call = Span.getInvalid();

  private AttemptSpans(
      Tracing tracing, Optional<String> sentBy, Optional<BatchId> batch, Instant drawnAt) {
    this.tracing = tracing;
    this.sentBy = sentBy;
    this.batch = batch;
    this.drawnAt = drawnAt;
  }

  /** Of an attempt that is drawn now, as part of {@code item}. */
  static AttemptSpans of(Tracing tracing, ActiveItem item, Clock clock) {
    if (!tracing.isOn()) {
      return OFF;
    }
    Optional<String> sentBy =
        item.item() instanceof SingleJob single
            ? single.reference().traceparent()
            : Optional.empty();
    return new AttemptSpans(tracing, sentBy, item.batch(), clock.instant());
  }

  /** Something is to be done with the job; the first time counts. */
  void taken(Job job) {
    if (!tracing.isOn() || process.getSpanContext().isValid()) {
      return;
    }
    Span span =
        tracing.begin(
            SpanKind.CONSUMER,
            "process",
            sentBy.or(() -> job.spec().traceparent()),
            Optional.of(drawnAt));
    span.setAttribute(TraceFields.MESSAGING_SYSTEM, "gcp_pubsub")
        .setAttribute(TraceFields.MESSAGING_OPERATION, "process")
        .setAttribute(TraceFields.MESSAGING_OPERATION_TYPE, "process")
        .setAttribute(TraceFields.JOB_ID, job.spec().id().toString())
        .setAttribute(TraceFields.ATTEMPT, (long) job.run().attempt())
        .setAttribute(TraceFields.MODEL, job.spec().modelId())
        .setAttribute(TraceFields.PRIORITY, job.spec().limits().priority().wireName());
    batch.ifPresent(id -> span.setAttribute(TraceFields.BATCH_ID, id.hex()));
    process = span;
  }

  /** The call begins; the answer is its context for the provider. */
  Optional<String> calling(Claimed claimed, LlmRequest request) {
    if (!tracing.isOn()) {
      return Optional.empty();
    }
    ModelConfig model = claimed.model();
    String operation = CalledModel.operation(request);
    Span span =
        tracing.begin(
            SpanKind.CLIENT, operation + " " + model.upstreamModel(), Tracing.traceparent(process));
    call = span;
    if (span.isRecording()) {
      span.setAttribute(TraceFields.GEN_AI_OPERATION, operation)
          .setAttribute(TraceFields.GEN_AI_PROVIDER, CalledModel.provider(model))
          .setAttribute(TraceFields.GEN_AI_REQUEST_MODEL, model.upstreamModel())
          .setAttribute(TraceFields.MODEL, model.id())
          .setAttribute(TraceFields.JOB_ID, claimed.job().spec().id().toString())
          .setAttribute(TraceFields.ATTEMPT, (long) claimed.job().run().attempt());
      CalledModel.address(model).ifPresent(uri -> addressed(span, uri));
    }
    return Tracing.traceparent(span);
  }

  private static void addressed(Span span, URI uri) {
    span.setAttribute(TraceFields.SERVER_ADDRESS, uri.getHost());
    if (uri.getPort() > 0) {
      span.setAttribute(TraceFields.SERVER_PORT, (long) uri.getPort());
    }
  }

  /**
   * The call has ended.
   *
   * @param answer null when there is a failure
   */
  void called(@Nullable LlmAnswer answer, @Nullable Throwable failure) {
    Span span = call;
    if (!span.isRecording()) {
      return;
    }
    if (answer != null) {
      span.setAttribute(TraceFields.GEN_AI_INPUT_TOKENS, answer.usage().inputTokens())
          .setAttribute(TraceFields.GEN_AI_OUTPUT_TOKENS, answer.usage().outputTokens());
      answer
          .finishReason()
          .ifPresent(
              reason ->
                  span.setAttribute(TraceFields.GEN_AI_FINISH_REASONS, List.of(reason.wireName())));
      CalledModel.nameIn(answer.body())
          .ifPresent(name -> span.setAttribute(TraceFields.GEN_AI_RESPONSE_MODEL, name));
    } else {
      failed(span, Attempt.unwrap(failure));
    }
    span.end();
  }

  /** Without the message, in which a provider may have quoted the prompt. */
  private static void failed(Span span, @Nullable Throwable cause) {
    if (cause instanceof LlmException known) {
      failed(span, known.error());
      known
          .usage()
          .ifPresent(
              usage ->
                  span.setAttribute(TraceFields.GEN_AI_INPUT_TOKENS, usage.inputTokens())
                      .setAttribute(TraceFields.GEN_AI_OUTPUT_TOKENS, usage.outputTokens()));
    } else {
      span.setAttribute(
              TraceFields.ERROR_TYPE, cause == null ? "unknown" : cause.getClass().getName())
          .setStatus(StatusCode.ERROR);
    }
  }

  private static void failed(Span span, JobError error) {
    span.setAttribute(TraceFields.ERROR_TYPE, error.code()).setStatus(StatusCode.ERROR);
    error
        .providerStatus()
        .ifPresent(status -> span.setAttribute(TraceFields.HTTP_STATUS, (long) status));
  }

  /** The attempt is over, whatever its call does. */
  void decided(Verdict verdict) {
    if (!tracing.isOn()) {
      return;
    }
    if (call.isRecording()) {
      call.setAttribute(TraceFields.ERROR_TYPE, "abandoned").setStatus(StatusCode.ERROR).end();
    }
    Span span = process;
    span.setAttribute(TraceFields.OUTCOME, outcome(verdict));
    if (verdict instanceof Verdict.Ended ended
        && ended.job().run().state() == JobState.FAILED
        && ended.job().run().ending().isPresent()) {
      ended
          .job()
          .run()
          .ending()
          .get()
          .error()
          .ifPresent(
              error ->
                  span.setAttribute(TraceFields.ERROR_TYPE, error.code())
                      .setStatus(StatusCode.ERROR));
    }
    span.end();
  }

  private static String outcome(Verdict verdict) {
    if (verdict instanceof Verdict.Ended ended) {
      return ended.job().run().state().wireName();
    }
    if (verdict instanceof Verdict.Retry) {
      return "retry";
    }
    if (verdict instanceof Verdict.Reroute) {
      return "other_model";
    }
    return verdict instanceof Verdict.NothingToDo ? "gone" : "later";
  }

  /** What {@code step} logs belongs to it. */
  void run(Runnable step) {
    if (process.getSpanContext().isValid()) {
      Context.root().with(process).wrap(step).run();
    } else {
      step.run();
    }
  }
}
