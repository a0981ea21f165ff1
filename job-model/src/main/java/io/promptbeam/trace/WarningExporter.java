package io.promptbeam.trace;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.promptbeam.outage.SparseWarning;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says now and then that spans cannot be sent. */
final class WarningExporter implements SpanExporter {
  private static final Logger log = LoggerFactory.getLogger(WarningExporter.class);

  private final SpanExporter exporter;
  private final SparseWarning unsent = new SparseWarning(log);

  WarningExporter(SpanExporter exporter) {
    this.exporter = exporter;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode sent = exporter.export(spans);
    return sent.whenComplete(
        () -> {
          if (!sent.isSuccess()) {
            unsent.warn(() -> "traces: " + spans.size() + " spans could not be sent and are lost");
          }
        });
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }

  @Override
  public String toString() {
    return "WarningExporter";
  }
}
