package io.promptbeam.pipeline.llm.simulated;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.pipeline.llm.simulated.Behaviour.Plan;
import io.promptbeam.pipeline.llm.simulated.CallLog.Result;
import io.promptbeam.pipeline.llm.simulated.SimulatedAnswers.Answer;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;

/** Answers calls after their delay. No thread waits with them. */
final class SimulatedHandler extends Handler.Abstract.NonBlocking {
  private static final int MAX_REQUEST_BYTES = 16_000_000;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final HttpField JSON_TYPE =
      new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, "application/json");
  private static final String INVALID = "invalid_request_error";

  private final String modelId;
  private final Behaviour behaviour;
  private final Attempts attempts = new Attempts();
  private final Optional<TokenBucket> requestLimit;
  private final Optional<TokenBucket> tokenLimit;
  private final ScheduledExecutorService scheduler;
  private final CallLog log;
  private volatile CallObserver observer = (arrivalNanos, path, body) -> {};

  SimulatedHandler(
      String modelId, Simulation simulation, ScheduledExecutorService scheduler, CallLog log) {
    this.modelId = modelId;
    this.behaviour = new Behaviour(simulation);
    this.requestLimit = bucket(simulation.requestsPerMinute());
    this.tokenLimit = bucket(simulation.tokensPerMinute());
    this.scheduler = scheduler;
    this.log = log;
  }

  private static Optional<TokenBucket> bucket(OptionalLong limitPerMinute) {
    return limitPerMinute.isPresent()
        ? Optional.of(new TokenBucket(limitPerMinute.getAsLong(), System.nanoTime()))
        : Optional.empty();
  }

  void observe(CallObserver given) {
    observer = given;
  }

  /** One call and how to answer it. */
  private record Exchange(Response response, Callback callback) {}

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    String path = Request.getPathInContext(request);
    var exchange = new Exchange(response, callback);
    if (path.equals("/v1/models") && request.getMethod().equals("GET")) {
      send(exchange, 200, SimulatedAnswers.models(modelId));
      return true;
    }
    Optional<SimulatedAnswers.Endpoint> endpoint = SimulatedAnswers.endpoint(path);
    if (endpoint.isEmpty() || !request.getMethod().equals("POST")) {
      send(exchange, 404, SimulatedAnswers.error("there is no " + path, INVALID, "not_found"));
      return true;
    }
    long arrivalNanos = System.nanoTime();
    log.arrived(arrivalNanos);
    Content.Source.asByteArrayAsync(
        request,
        MAX_REQUEST_BYTES,
        Promise.Invocable.from(
            InvocationType.NON_BLOCKING,
            (body, failure) -> {
              if (failure != null) {
                refuse(exchange, 413, "the request is too large or broken");
                return;
              }
              try {
                observer.arrived(arrivalNanos, path, body);
                answer(exchange, endpoint.get(), body, arrivalNanos);
              } catch (RuntimeException e) {
                refuse(exchange, 500, "a defect of the simulation");
              }
            }));
    return true;
  }

  private void answer(
      Exchange exchange, SimulatedAnswers.Endpoint endpoint, byte[] body, long arrivalNanos) {
    if (isLimited(exchange, requestLimit, 1)) {
      return;
    }
    Optional<JsonNode> request = SimulatedAnswers.parse(body);
    if (request.isEmpty()) {
      refuse(exchange, 400, "the body is not a JSON object");
      return;
    }
    if (request.get().path("stream").asBoolean()) {
      refuse(exchange, 400, "streaming is not simulated");
      return;
    }
    long hash = Behaviour.hash(body);
    Plan plan = behaviour.plan(hash, attempts.next(hash));
    if (plan.outcome() == Behaviour.Outcome.RATE_LIMITED) {
      log.answered(Result.ERROR);
      sendLimited(exchange, NANOS_PER_SECOND);
      return;
    }
    Optional<Answer> answer = endpoint.answer(request.get(), plan.seed());
    if (answer.isEmpty()) {
      refuse(exchange, 400, "the request lacks the input of this endpoint");
      return;
    }
    if (isLimited(exchange, tokenLimit, answer.get().tokens())) {
      return;
    }
    log.admitted(arrivalNanos, answer.get().tokens());
    try {
      var unused =
          scheduler.schedule(
              () -> sendOutcome(exchange, plan, answer.get().body()),
              plan.latencyNanos(),
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      refuse(exchange, 503, "the provider is stopping");
    }
  }

  private void sendOutcome(Exchange exchange, Plan plan, byte[] answer) {
    switch (plan.outcome()) {
      case ANSWER -> {
        log.answered(Result.OK);
        send(exchange, 200, answer);
      }
      case GARBAGE -> {
        log.answered(Result.GARBAGE);
        send(exchange, 200, SimulatedAnswers.garbage(plan.seed()));
      }
      case REFUSED -> {
        log.answered(Result.REFUSAL);
        send(
            exchange,
            400,
            SimulatedAnswers.error(
                "the simulated content policy refuses this prompt", INVALID, "content_policy"));
      }
      case SERVER_ERROR, RATE_LIMITED -> {
        log.answered(Result.ERROR);
        send(
            exchange,
            500,
            SimulatedAnswers.error("simulated server error", "server_error", "internal_error"));
      }
      case UNAVAILABLE -> {
        log.answered(Result.ERROR);
        send(
            exchange,
            503,
            SimulatedAnswers.error("simulated overload", "server_error", "unavailable"));
      }
    }
  }

  /** Answers 429 if the call is beyond the limit. */
  private boolean isLimited(Exchange exchange, Optional<TokenBucket> limit, long amount) {
    long waitNanos = limit.map(bucket -> bucket.tryTake(amount, System.nanoTime())).orElse(0L);
    if (waitNanos > 0) {
      log.answered(Result.LIMITED);
      sendLimited(exchange, waitNanos);
    }
    return waitNanos > 0;
  }

  private void sendLimited(Exchange exchange, long waitNanos) {
    long waitMillis = (waitNanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
    long waitSeconds = (waitNanos + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND;
    exchange.response().getHeaders().put(HttpHeader.RETRY_AFTER, waitSeconds);
    exchange.response().getHeaders().put("retry-after-ms", Long.toString(waitMillis));
    send(
        exchange,
        429,
        SimulatedAnswers.error("simulated rate limit", "requests", "rate_limit_exceeded"));
  }

  private void refuse(Exchange exchange, int status, String message) {
    log.answered(Result.INVALID);
    send(exchange, status, SimulatedAnswers.error(message, INVALID, "invalid_request"));
  }

  private static void send(Exchange exchange, int status, byte[] body) {
    exchange.response().setStatus(status);
    exchange.response().getHeaders().put(JSON_TYPE);
    exchange.response().write(true, ByteBuffer.wrap(body), exchange.callback());
  }
}
