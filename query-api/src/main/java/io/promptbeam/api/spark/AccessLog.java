package io.promptbeam.api.spark;

import io.promptbeam.api.http.HttpFigures;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line for each answer: request id, method, route, status, time. Nothing a caller wrote gets in,
 * not even the path: whose job it was is in the job. What changed something is told at the level
 * INFO; polls, and what is refused because there is too much of it, at DEBUG.
 */
final class AccessLog {
  private static final Logger log = LoggerFactory.getLogger(AccessLog.class);
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

  private AccessLog() {}

  static void answered(
      @Nullable String requestId, String method, String route, int status, long nanos) {
    if (isOfNote(method, route, status)) {
      if (log.isInfoEnabled()) {
        log.info("{}", line(requestId, method, route, status, nanos));
      }
    } else if (log.isDebugEnabled()) {
      log.debug("{}", line(requestId, method, route, status, nanos));
    }
  }

  static boolean isOfNote(String method, String route, int status) {
    return !READING.contains(method)
        && !route.equals(HttpFigures.UNROUTED)
        && status != 503
        && status != 429;
  }

  static String line(
      @Nullable String requestId, String method, String route, int status, long nanos) {
    String id = requestId == null ? "-" : requestId;
    String verb = HttpFigures.methodLabel(method);
    long micros = TimeUnit.NANOSECONDS.toMicros(nanos);
    return "request " + id + ": " + verb + " " + route + " " + status + " " + micros + " us";
  }
}
