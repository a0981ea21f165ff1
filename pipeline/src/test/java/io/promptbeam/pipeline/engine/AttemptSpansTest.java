package io.promptbeam.pipeline.engine;

import static io.promptbeam.pipeline.llm.ScriptedModels.model;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.trace.TraceFields;
import io.promptbeam.trace.Tracing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AttemptSpansTest {
  private static final byte[] ANSWER = "{\"model\":\"m-1\"}".getBytes(StandardCharsets.UTF_8);

  private final InMemorySpanExporter exported = InMemorySpanExporter.create();
  private final Tracing tracing =
      Tracing.with(
          SdkTracerProvider.builder()
              .addSpanProcessor(SimpleSpanProcessor.create(exported))
              .build()
              .get("test"),
          () -> {});
  private final ScriptedModels models = new ScriptedModels(model("m", ProviderKind.OPENAI));
  private final EngineRun run = new EngineRun(models, tracing);

  @AfterEach
  void close() {
    run.close();
  }

  private List<SpanData> spans(SpanKind kind) {
    return exported.getFinishedSpanItems().stream().filter(s -> s.getKind() == kind).toList();
  }

  @Test
  void call_isWithinItsAttempt_andATraceBeginsThere_whenNothingIsKnownOfTheSubmission()
      throws Exception {
    models.answers(
        "m",
        (call, request) ->
            CompletableFuture.completedFuture(new LlmAnswer(ANSWER, Usage.of(5, 6))));
    Job job = run.run(EngineRun.PROMPT, 1, JobOptions.NONE);

    SpanData process = spans(SpanKind.CONSUMER).get(0);
    SpanData call = spans(SpanKind.CLIENT).get(0);
    assertThat(exported.getFinishedSpanItems()).hasSize(2);
    assertThat(process.getParentSpanContext().isValid()).isFalse();
    assertThat(process.getAttributes().get(TraceFields.JOB_ID))
        .isEqualTo(job.spec().id().toString());
    assertThat(call.getParentSpanId()).isEqualTo(process.getSpanId());
    assertThat(call.getStartEpochNanos()).isGreaterThanOrEqualTo(process.getStartEpochNanos());
    assertThat(call.getAttributes().get(TraceFields.GEN_AI_RESPONSE_MODEL)).isEqualTo("m-1");
    assertThat(call.getAttributes().get(TraceFields.GEN_AI_INPUT_TOKENS)).isEqualTo(5);
    assertThat(models.calls().get(0).options().traceparent()).isEmpty();
  }

  @Test
  void eachAttempt_isTold_withTheCodeOfItsFailureAndNotItsText() throws Exception {
    models.answers(
        "m",
        (call, request) ->
            call == 1
                ? CompletableFuture.failedFuture(
                    new LlmException.Transient(
                        new JobError(ErrorCodes.PROVIDER_ERROR, "SECRET", Optional.of(503)),
                        Optional.of(Duration.ZERO)))
                : CompletableFuture.failedFuture(
                    new LlmException.Permanent(
                        new JobError(ErrorCodes.CONTENT_REFUSED, "SECRET", Optional.of(200)))));
    Job job = run.run(EngineRun.PROMPT, 3, JobOptions.NONE);

    assertThat(job.run().state()).isEqualTo(JobState.FAILED);
    assertThat(spans(SpanKind.CLIENT))
        .extracting(span -> span.getAttributes().get(TraceFields.ERROR_TYPE))
        .containsExactly(ErrorCodes.PROVIDER_ERROR, ErrorCodes.CONTENT_REFUSED);
    assertThat(spans(SpanKind.CLIENT).get(0).getAttributes().get(TraceFields.HTTP_STATUS))
        .isEqualTo(503);
    assertThat(spans(SpanKind.CONSUMER))
        .extracting(span -> span.getAttributes().get(TraceFields.OUTCOME))
        .containsExactly("retry", "failed");
    assertThat(exported.getFinishedSpanItems())
        .allSatisfy(span -> assertThat(span.toString()).doesNotContain("SECRET"));
    assertThat(spans(SpanKind.CLIENT).get(0).getStatus().getStatusCode())
        .isEqualTo(StatusCode.ERROR);
  }

  @Test
  void attempt_leavesNoSpan_whenTheJobHasEndedBefore() throws Exception {
    models.answers(
        "m",
        (call, request) ->
            CompletableFuture.completedFuture(new LlmAnswer(ANSWER, Usage.of(5, 6))));
    Job job = run.run(EngineRun.PROMPT, 1, JobOptions.NONE);
    exported.reset();
    assertThat(run.run(job).run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(exported.getFinishedSpanItems()).isEmpty();
  }
}
