package io.promptbeam.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Begins spans, or none. Off, everything it answers is a constant: whoever asks {@link #isOn} first
 * pays nothing. Thread-safe.
 */
public final class Tracing implements AutoCloseable {
  /** The name of the header, the message attribute and the stored field of a span's context. */
  public static final String TRACEPARENT = "traceparent";

  public static final Tracing OFF = new Tracing(null, () -> {});

  /** Version 00 has 55 characters; later ones may have more, and begin alike. */
  private static final int MAX_TRACEPARENT_CHARS = 255;

  private static final Pattern VERSION_00 =
      Pattern.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  private static final TextMapGetter<String> ALONE =
      new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable String traceparent, String key) {
          return key.equals(TRACEPARENT) ? traceparent : null;
        }
      };

  private final @Nullable Tracer tracer;
  private final Runnable onClose;

  private Tracing(@Nullable Tracer tracer, Runnable onClose) {
    this.tracer = tracer;
    this.onClose = onClose;
  }

  /**
   * With a tracer.
   *
   * @param onClose sends what is kept, within a time of its own
   */
  public static Tracing with(Tracer tracer, Runnable onClose) {
    return new Tracing(tracer, onClose);
  }

  /** The same, for one who closes what it is given while others go on with it. */
  public Tracing lent() {
    return new Tracing(tracer, () -> {});
  }

  public boolean isOn() {
    return tracer != null;
  }

  /**
   * A span that begins now; the invalid one when off. Whoever began it ends it.
   *
   * @param parent a W3C {@code traceparent}, as somebody else gave it; one that is none begins a
   *     trace
   */
  public Span begin(SpanKind kind, String name, Optional<String> parent) {
    return begin(kind, name, parent, Optional.empty());
  }

  /** {@link #begin(SpanKind, String, Optional)} that has begun before. */
  public Span begin(
      SpanKind kind, String name, Optional<String> parent, Optional<Instant> begunAt) {
    Tracer current = tracer;
    if (current == null) {
      return Span.getInvalid();
    }
    SpanBuilder span =
        current
            .spanBuilder(name)
            .setSpanKind(kind)
            .setParent(parent.map(Tracing::context).orElse(Context.root()));
    begunAt.ifPresent(span::setStartTimestamp);
    return span.startSpan();
  }

  private static Context context(String traceparent) {
    return traceparent.length() > MAX_TRACEPARENT_CHARS
        ? Context.root()
        : W3CTraceContextPropagator.getInstance().extract(Context.root(), traceparent, ALONE);
  }

  /** What may be kept of a context that somebody else gave: nothing but a context. */
  public static Optional<String> checked(@Nullable String traceparent) {
    return Optional.ofNullable(traceparent).filter(text -> VERSION_00.matcher(text).matches());
  }

  /** For those that go on with what {@code span} began; empty for one that is not traced. */
  public static Optional<String> traceparent(Span span) {
    if (!span.getSpanContext().isValid()) {
      return Optional.empty();
    }
    String[] written = new String[1];
    W3CTraceContextPropagator.getInstance()
        .inject(
            Context.root().with(span),
            written,
            (carrier, key, value) -> {
              if (carrier != null && key.equals(TRACEPARENT)) {
                carrier[0] = value;
              }
            });
    return Optional.ofNullable(written[0]);
  }

  /** Sends what is kept, and blocks for two seconds at most; what then is unsent is given up. */
  @Override
  public void close() {
    onClose.run();
  }
}
