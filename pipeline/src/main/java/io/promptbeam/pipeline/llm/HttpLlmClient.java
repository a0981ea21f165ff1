package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.store.JobStore;
import io.promptbeam.trace.Tracing;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls one model over HTTP, in the protocol of its provider. */
final class HttpLlmClient implements LlmClient {
  private static final int MAX_ERROR_BYTES = 64 * 1024;

  private final ModelConfig model;
  private final ProviderProtocol protocol;
  private final Credentials credentials;
  private final HttpCalls calls;
  private final HttpClient http;
  private final Clock clock;

  HttpLlmClient(
      ModelConfig model,
      ProviderProtocol protocol,
      Credentials credentials,
      HttpCalls calls,
      Clock clock) {
    this.model = model;
    this.protocol = protocol;
    this.credentials = credentials;
    this.calls = calls;
    this.http = calls.client(model.timeouts().connect());
    this.clock = clock;
  }

  @Override
  public CompletableFuture<LlmAnswer> call(
      LlmRequest request, CallOptions options, Duration timeout) {
    PreparedCall prepared;
    try {
      prepared = protocol.prepare(request, options);
    } catch (LlmException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Map<String, String>> headers = credentials.headers();
    if (headers.isDone() && !headers.isCompletedExceptionally()) {
      return send(prepared, options, headers.join(), timeout);
    }
    return sendOnceKnown(prepared, options, headers, timeout);
  }

  /** The credentials must be fetched first, in the time that the call has. */
  private CompletableFuture<LlmAnswer> sendOnceKnown(
      PreparedCall prepared,
      CallOptions options,
      CompletableFuture<Map<String, String>> headers,
      Duration timeout) {
    long startNanos = System.nanoTime();
    CallLimits limits = CallLimits.of(model.timeouts(), timeout);
    var result = new CompletableFuture<LlmAnswer>();
    var unused =
        headers
            .copy()
            .orTimeout(Math.max(0, limits.whole().toMillis()), TimeUnit.MILLISECONDS)
            .thenCompose(
                known -> {
                  if (result.isDone()) {
                    return result; // cancelled while it waited: nothing is sent
                  }
                  Duration spent = Duration.ofNanos(System.nanoTime() - startNanos);
                  CompletableFuture<LlmAnswer> call =
                      send(prepared, options, known, limits.whole().minus(spent));
                  var unusedCancel =
                      result.whenComplete(
                          (answer, failure) -> {
                            if (result.isCancelled()) {
                              call.cancel(true);
                            }
                          });
                  return call;
                })
            .whenComplete(
                (answer, failure) -> {
                  if (failure == null) {
                    result.complete(answer);
                  } else {
                    result.completeExceptionally(why(prepared, failure, limits));
                  }
                });
    return result;
  }

  private LlmException why(PreparedCall prepared, Throwable failure, CallLimits limits) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof LlmException known) {
      return known;
    }
    return cause instanceof TimeoutException
        ? limits.wholePassed()
        : reader(prepared.format()).explain(cause);
  }

  private CompletableFuture<LlmAnswer> send(
      PreparedCall prepared,
      CallOptions options,
      Map<String, String> credentialHeaders,
      Duration timeout) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(prepared.uri())
            .header("Content-Type", "application/json")
            .header("Accept", prepared.streamed() ? "text/event-stream" : "application/json")
            .header("Accept-Encoding", "identity");
    protocol.headers().forEach(request::header);
    credentialHeaders.forEach(request::header);
    options.traceparent().ifPresent(context -> request.header(Tracing.TRACEPARENT, context));
    return calls.start(
        http,
        request,
        prepared.body(),
        ReceivedBody.handler(prepared, JobStore.MAX_RESULT_BYTES, MAX_ERROR_BYTES),
        CallLimits.of(model.timeouts(), timeout),
        reader(prepared.format()));
  }

  private AnswerReader reader(AnswerFormat format) {
    return new AnswerReader(model, protocol, credentials, clock, format);
  }
}
