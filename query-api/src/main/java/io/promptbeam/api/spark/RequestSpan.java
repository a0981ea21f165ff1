package io.promptbeam.api.spark;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.promptbeam.api.http.Route;
import io.promptbeam.trace.TraceFields;
import io.promptbeam.trace.Tracing;
import java.util.Optional;
import javax.servlet.http.HttpServletRequest;

/**
 * What is traced of requests that make or change something. Those that only look are not: a job is
 * polled a hundred times for each time it is submitted.
 */
final class RequestSpan {
  private static final int SERVER_ERROR = 500;

  private RequestSpan() {}

  /** The invalid one, where nothing is to be traced. */
  static Span begin(Tracing tracing, Route route, HttpServletRequest request) {
    if (!tracing.isOn() || route.method().equals("GET")) {
      return Span.getInvalid();
    }
    Span span =
        tracing.begin(
            SpanKind.SERVER,
            route.method() + " " + route.path(),
            Optional.ofNullable(request.getHeader(Tracing.TRACEPARENT)));
    return span.setAttribute(TraceFields.HTTP_METHOD, route.method())
        .setAttribute(TraceFields.HTTP_ROUTE, route.path())
        .setAttribute(TraceFields.URL_SCHEME, request.getScheme())
        .setAttribute(TraceFields.SERVER_ADDRESS, request.getServerName())
        .setAttribute(TraceFields.SERVER_PORT, (long) request.getServerPort());
  }

  static void end(Span span, int status) {
    if (!span.isRecording()) {
      return;
    }
    span.setAttribute(TraceFields.HTTP_STATUS, (long) status);
    if (status >= SERVER_ERROR) {
      span.setAttribute(TraceFields.ERROR_TYPE, Integer.toString(status))
          .setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
