package io.promptbeam.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TracingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CONTEXT = "00-" + TRACE + "-b7ad6b7169203331-01";

  private final InMemorySpanExporter exported = InMemorySpanExporter.create();
  private final Tracing tracing =
      Tracing.with(
          SdkTracerProvider.builder()
              .setSampler(Sampler.parentBased(Sampler.alwaysOn()))
              .addSpanProcessor(SimpleSpanProcessor.create(exported))
              .build()
              .get("test"),
          () -> {});

  private SpanData ended(Span span) {
    span.end();
    return exported.getFinishedSpanItems().get(0);
  }

  @Test
  void span_isUnderItsParent_andItsContextIsForTheNext() {
    Span span = tracing.begin(SpanKind.PRODUCER, "publish", Optional.of(CONTEXT));
    assertThat(Tracing.traceparent(span))
        .contains("00-" + TRACE + "-" + span.getSpanContext().getSpanId() + "-01");
    SpanData data = ended(span);
    assertThat(data.getTraceId()).isEqualTo(TRACE);
    assertThat(data.getParentSpanId()).isEqualTo("b7ad6b7169203331");
    assertThat(data.getKind()).isEqualTo(SpanKind.PRODUCER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-" + TRACE + "-0000000000000000-01",
        "ff-" + TRACE + "-b7ad6b7169203331-01",
        "00-" + TRACE + "-b7ad6b7169203331-01\r\nX-Evil: 1"
      })
  void span_beginsATrace_whenTheParentIsNone(String context) {
    SpanData data = ended(tracing.begin(SpanKind.SERVER, "x", Optional.of(context)));
    assertThat(data.getParentSpanContext().isValid()).isFalse();
    assertThat(data.getTraceId()).isNotEqualTo(TRACE);
  }

  @Test
  void span_beginsATrace_whenTheParentIsEndlesslyLong() {
    String long1 = CONTEXT.replaceFirst("00", "01") + "-" + "x".repeat(1_000);
    assertThat(ended(tracing.begin(SpanKind.SERVER, "x", Optional.of(long1))).getTraceId())
        .isNotEqualTo(TRACE);
  }

  @Test
  void span_isNotExported_whenItsParentIsNotSampled_andSaysSoToTheNext() {
    String unsampled = CONTEXT.replaceFirst("-01$", "-00");
    Span span = tracing.begin(SpanKind.SERVER, "x", Optional.of(unsampled));
    assertThat(Tracing.traceparent(span).orElseThrow()).startsWith("00-" + TRACE).endsWith("-00");
    span.end();
    assertThat(exported.getFinishedSpanItems()).isEmpty();
  }

  @Test
  void span_beganWhenItIsSaid() {
    Instant before = Instant.parse("2026-11-24T02:30:00.123456Z");
    Span span = tracing.begin(SpanKind.CONSUMER, "x", Optional.empty(), Optional.of(before));
    assertThat(ended(span).getStartEpochNanos())
        .isEqualTo(
            TimeUnit.SECONDS.toNanos(before.getEpochSecond())
                + TimeUnit.MICROSECONDS.toNanos(123_456));
  }

  @Test
  void context_isKept_onlyIfItIsOne() {
    assertThat(Tracing.checked(CONTEXT)).contains(CONTEXT);
    assertThat(Tracing.checked(null)).isEmpty();
    assertThat(Tracing.checked("a prompt")).isEmpty();
    assertThat(Tracing.checked(CONTEXT + "-a prompt")).isEmpty();
  }

  @Test
  void off_isOneConstantWithoutContext() {
    assertThat(Tracing.OFF.isOn()).isFalse();
    Span span = Tracing.OFF.begin(SpanKind.SERVER, "x", Optional.of(CONTEXT));
    assertThat(span).isSameAs(Span.getInvalid());
    assertThat(Tracing.traceparent(span)).isEmpty();
  }
}
