package io.promptbeam.api.spark;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.ErrorStyle;
import io.promptbeam.api.http.Gate;
import io.promptbeam.api.http.HttpFigures;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.Problems;
import io.promptbeam.api.http.Route;
import io.promptbeam.api.http.SecurityHeaders;
import io.promptbeam.api.http.WaitPreference;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.trace.TraceFields;
import io.promptbeam.trace.Tracing;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.ee8.nested.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server's edge, where futures become blocking answers and failures become problems.
 * Thread-safe.
 */
final class Edge {
  private static final Logger log = LoggerFactory.getLogger(Edge.class);

  private static final SparseWarning UNSERVED = new SparseWarning(log);

  private static final String REQUEST_ID = "X-Request-Id";

  private record PathMethods(Pattern path, TreeSet<String> methods) {}

  private final Map<String, Route> routes = new HashMap<>();
  private final Map<String, PathMethods> paths = new HashMap<>();
  private final Gate gate;
  private final int maxBodyBytes;
  private final Duration storeTimeout;
  private final Places places;
  private final HttpFigures figures;
  private final Tracing tracing;

  Edge(
      List<Route> served,
      Gate gate,
      int maxBodyBytes,
      Duration storeTimeout,
      Places places,
      HttpFigures figures,
      Tracing tracing) {
    for (Route route : served) {
      routes.put(key(route.method(), route.path()), route);
      PathMethods path =
          paths.computeIfAbsent(
              route.path(), p -> new PathMethods(route.pattern(), new TreeSet<>()));
      path.methods().add(route.method());
      path.methods().add("OPTIONS");
      if (route.method().equals("GET")) {
        path.methods().add("HEAD");
        routes.put(key("HEAD", route.path()), route);
      }
    }
    this.gate = gate;
    this.maxBodyBytes = maxBodyBytes;
    this.storeTimeout = storeTimeout;
    this.places = places;
    this.figures = figures;
    this.tracing = tracing;
  }

  static String key(String method, String path) {
    return method + " " + path;
  }

  Optional<Route> route(String key) {
    return Optional.ofNullable(routes.get(key));
  }

  void began() {
    figures.began();
  }

  /**
   * A request is done with, however it went.
   *
   * @param failed by something that nobody answered for
   */
  void ended(Arrival arrival, HttpServletResponse response, boolean failed, long nanos) {
    int status = failed && !response.isCommitted() ? 500 : response.getStatus();
    String method = arrival.request().getMethod();
    figures.ended(arrival.route(), method, status, nanos);
    AccessLog.answered(response.getHeader(REQUEST_ID), method, arrival.route(), status, nanos);
  }

  // The scope is there to be closed.
  @SuppressWarnings("try")
  void answer(
      Route route,
      Arrival arrival,
      HttpServletResponse response,
      UnaryOperator<@Nullable String> pathValues)
      throws IOException {
    HttpServletRequest request = arrival.request();
    if (isOf(route, request)) {
      arrival.takenBy(route);
    }
    SparkRequest call = new SparkRequest(newId(), request, pathValues, maxBodyBytes, places);
    Span span = RequestSpan.begin(tracing, route, request);
    if (!span.getSpanContext().isValid()) {
      answer(route, call, request, response);
      return;
    }
    span.setAttribute(TraceFields.REQUEST_ID, call.id());
    call.isTracedAs(span);
    try (Scope current = span.makeCurrent()) {
      answer(route, call, request, response);
    } finally {
      RequestSpan.end(span, response.getStatus());
    }
  }

  private void answer(
      Route route, SparkRequest call, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    ApiResponse answer;
    try {
      if (!isOf(route, request)) {
        answerUnrouted(request, response);
        return;
      }
      refuseOtherCodings(call);
      Caller caller = gate.admit(call, route.isOpen());
      call.isFrom(caller.owner());
      route.requireScope(caller);
      answer = await(route.handler().handle(call, caller), call);
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      answer = answer(problem(e, call), call);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer = answer(Problems.storeUnavailable(), call);
    } finally {
      call.bodyIsRead();
    }
    if (mayBeLong(answer, call)) {
      writeLong(answer, call, request, response);
    } else {
      write(answer, call.id(), request, response);
    }
  }

  /**
   * Whether it is written only where there is a place for it. One that tells what was done, however
   * long, is not withheld: told to try again, the caller would do it twice.
   */
  private static boolean mayBeLong(ApiResponse answer, SparkRequest call) {
    boolean isSafe = call.method().equals("GET") || call.method().equals("HEAD");
    return answer.stream().isPresent() || (isSafe && answer.body().length > ShortBodies.MAX_BYTES);
  }

  private void writeLong(
      ApiResponse answer,
      SparkRequest call,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    if (!places.enter(Places.Kind.DOWNLOAD, call.owner())) {
      ApiResponse refusal = answer(Places.Kind.DOWNLOAD.refusal(), call);
      write(refusal, call.id(), request, response);
      return;
    }
    try {
      write(answer, call.id(), request, response);
    } finally {
      places.leave(Places.Kind.DOWNLOAD, call.owner());
    }
  }

  /** Spark does not care for case, but a proxy's rule about DELETE knows nothing of delete. */
  private static boolean isOf(Route route, HttpServletRequest request) {
    String method = request.getMethod();
    return method.equals(route.method()) || (method.equals("HEAD") && route.method().equals("GET"));
  }

  /** Jetty undoes the chunks alone, and would pass on what is compressed under them. */
  private static void refuseOtherCodings(SparkRequest call) {
    if (call.header("Transfer-Encoding").filter(c -> !c.equalsIgnoreCase("chunked")).isPresent()) {
      throw Problem.of(
              501,
              "unknown_transfer_coding",
              "Unknown transfer coding",
              "Of all transfer codings this server knows chunked only.")
          .withHeader("Connection", "close")
          .asException();
    }
  }

  private ApiResponse await(CompletableFuture<ApiResponse> answer, SparkRequest call)
      throws ExecutionException, TimeoutException, InterruptedException {
    if (answer.isDone()) {
      return answer.get();
    }
    Duration patience = storeTimeout.plus(WaitPreference.of(call));
    return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static ApiResponse answer(Problem problem, SparkRequest call) {
    return ErrorStyle.ofPath(call.path()).toResponse(problem, call.id());
  }

  private static Problem problem(Exception failure, SparkRequest call) {
    Optional<Problem> known = Problems.of(failure);
    if (known.isEmpty()) {
      log.error("request {}: {} {} failed", call.id(), call.method(), call.path(), failure);
      return Problems.internal();
    }
    if (known.get().status() == 503) {
      UNSERVED.warn(
          () ->
              "request "
                  + call.id()
                  + ": "
                  + call.method()
                  + " "
                  + call.path()
                  + ": store unavailable: "
                  + SparseWarning.reason(failure));
    }
    return known.get();
  }

  /** A request that no route took: OPTIONS, a wrong method, or a path that is not there. */
  void answerUnrouted(HttpServletRequest request, HttpServletResponse response) throws IOException {
    SparkRequest call = new SparkRequest(newId(), request, name -> null, maxBodyBytes, places);
    TreeSet<String> methods = new TreeSet<>();
    for (PathMethods path : paths.values()) {
      if (path.path().matcher(request.getRequestURI()).matches()) {
        methods.addAll(path.methods());
      }
    }
    ApiResponse answer;
    try {
      gate.admit(call, true);
      if (methods.isEmpty()) {
        answer = answer(Problems.notFound(), call);
      } else if (request.getMethod().equals("OPTIONS")) {
        answer = ApiResponse.empty(204).with("Allow", String.join(", ", methods));
      } else {
        answer = answer(Problems.methodNotAllowed(methods), call);
      }
    } catch (RuntimeException e) {
      answer = answer(problem(e, call), call);
    }
    if (request.getMethod().equals("CONNECT")) {
      // Jetty would keep it open for a tunnel.
      answer = answer.with("Connection", "close");
    }
    write(answer, call.id(), request, response);
  }

  /** A failure outside of any handler, for example in matching the route. */
  void answerFailure(Exception failure, HttpServletRequest request, HttpServletResponse response) {
    SparkRequest call = new SparkRequest(newId(), request, name -> null, maxBodyBytes, places);
    if (response.isCommitted()) {
      log.debug("request {}: the connection breaks while answering", call.id(), failure);
      // Ended in good order, the part that was written would pass for the whole.
      Request.getBaseRequest(request).getHttpChannel().abort(failure);
      return;
    }
    try {
      // Drops what a streamed answer had come to.
      response.reset();
      write(answer(problem(failure, call), call), call.id(), request, response);
    } catch (IOException e) {
      log.debug("request {}: the connection broke while answering", call.id(), e);
    }
  }

  private static void write(
      ApiResponse answer,
      String requestId,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    // Answered before its body was read: unless the rest is there already, the connection is closed
    // after the answer, and a client that was not told would send its next request on it.
    Request.getBaseRequest(request).getHttpChannel().ensureConsumeAllOrNotPersistent();
    response.setStatus(answer.status());
    response.setHeader(REQUEST_ID, requestId);
    SecurityHeaders.everywhere().forEach(h -> response.setHeader(h.name(), h.value()));
    ApiResponse.Header policy = SecurityHeaders.policy(answer.contentType());
    response.setHeader(policy.name(), policy.value());
    for (ApiResponse.Header header : answer.headers()) {
      response.setHeader(header.name(), header.value());
    }
    if (answer.contentType().isEmpty()) {
      // Committed here, or Spark would add a content type to an answer without content.
      response.flushBuffer();
      return;
    }
    response.setContentType(answer.contentType());
    if (answer.stream().isPresent()) {
      answer.stream().get().writeTo(response.getOutputStream());
      return;
    }
    response.setContentLength(answer.body().length);
    response.getOutputStream().write(answer.body());
  }

  private static String newId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return "req_" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }
}
