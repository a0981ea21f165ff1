package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Usage;
import io.promptbeam.store.JobStore;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Calls one model of any OpenAI-compatible server. */
final class OpenAiClient implements LlmClient {
  private static final int MAX_ERROR_BYTES = 64 * 1024;
  private static final BodyHandler<BoundedBody> BODY =
      BoundedBody.handler(JobStore.MAX_RESULT_BYTES, MAX_ERROR_BYTES);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ModelConfig model;
  private final Optional<String> apiKey;
  private final HttpCalls calls;
  private final HttpClient http;
  private final Clock clock;
  private final Map<OpenAiEndpoint, HttpRequest> templates = new EnumMap<>(OpenAiEndpoint.class);

  OpenAiClient(
      ModelConfig model, URI baseUrl, Optional<String> apiKey, HttpCalls calls, Clock clock) {
    this.model = model;
    this.apiKey = apiKey;
    this.calls = calls;
    this.http = calls.client(model.timeouts().connect());
    this.clock = clock;
    String base = baseUrl.toString().replaceFirst("/+$", "");
    for (OpenAiEndpoint endpoint : OpenAiEndpoint.values()) {
      var template =
          HttpRequest.newBuilder(URI.create(base + endpoint.pathBelowBase()))
              .header("Content-Type", "application/json")
              .header("Accept", "application/json")
              .header("Accept-Encoding", "identity");
      apiKey.ifPresent(key -> template.header("Authorization", "Bearer " + key));
      templates.put(endpoint, template.build());
    }
  }

  @Override
  public CompletableFuture<LlmAnswer> call(LlmRequest request, Duration timeout) {
    OpenAiRequest prepared;
    try {
      prepared = OpenAiRequest.of(request, model.upstreamModel(), JSON);
    } catch (LlmException e) {
      return CompletableFuture.failedFuture(e);
    }
    HttpRequest template = templates.get(prepared.endpoint());
    if (template == null) {
      throw new IllegalStateException("no template for " + prepared.endpoint());
    }
    return calls.start(
        http,
        HttpRequest.newBuilder(template, (name, value) -> true),
        prepared.body(),
        BODY,
        CallLimits.of(model.timeouts(), timeout),
        new AnswerReader(prepared.endpoint()));
  }

  private final class AnswerReader implements HttpCalls.Reader<BoundedBody, LlmAnswer> {
    private final OpenAiEndpoint endpoint;

    AnswerReader(OpenAiEndpoint endpoint) {
      this.endpoint = endpoint;
    }

    @Override
    public LlmAnswer read(HttpResponse<BoundedBody> response) {
      int status = response.statusCode();
      BoundedBody body = response.body();
      if (status / 100 != 2) {
        throw ErrorAnswers.of(
            model.id(),
            status,
            ProviderMessage.of(body.bytes(), apiKey, JSON),
            RetryAfter.of(response.headers(), clock));
      }
      byte[] bytes = decoded(response, body);
      var verdict = OpenAiAnswer.check(bytes, endpoint, JSON.getFactory());
      if (verdict instanceof OpenAiAnswer.Verdict.Good good) {
        return new LlmAnswer(bytes, good.usage());
      }
      if (verdict instanceof OpenAiAnswer.Verdict.Empty empty) {
        String why = empty.finishReason().map(reason -> "; finish_reason is " + reason).orElse("");
        throw permanent(
            ErrorCodes.EMPTY_ANSWER, "the provider's answer is empty" + why, status, empty.usage());
      }
      if (verdict instanceof OpenAiAnswer.Verdict.Malformed malformed) {
        throw malformed(malformed.why(), status, malformed.usage());
      }
      String message =
          ProviderMessage.of(bytes, apiKey, JSON).orElse("the provider failed to answer");
      throw new LlmException.Transient(
          new JobError(ErrorCodes.PROVIDER_ERROR, message, Optional.of(status)), Optional.empty());
    }

    private byte[] decoded(HttpResponse<BoundedBody> response, BoundedBody body) {
      int status = response.statusCode();
      Optional<byte[]> decoded;
      try {
        decoded =
            body.complete()
                ? ContentCoding.decode(body.bytes(), response.headers(), JobStore.MAX_RESULT_BYTES)
                : Optional.empty();
      } catch (IOException e) {
        throw malformed("it is not encoded as it says", status, Optional.empty());
      }
      return decoded.orElseThrow(
          () ->
              permanent(
                  ErrorCodes.ANSWER_TOO_LARGE,
                  "the provider's answer is larger than " + JobStore.MAX_RESULT_BYTES + " bytes",
                  status,
                  Optional.empty()));
    }

    private LlmException malformed(String why, int status, Optional<Usage> usage) {
      return permanent(
          ErrorCodes.MALFORMED_ANSWER,
          "what the provider answered is not an answer: " + why,
          status,
          usage);
    }

    private LlmException permanent(String code, String message, int status, Optional<Usage> usage) {
      return new LlmException.Permanent(
          new JobError(code, message, Optional.of(status)),
          usage.filter(used -> !used.equals(Usage.NONE)));
    }

    /** Without the exception's text, which may quote what was sent or received. */
    @Override
    public LlmException explain(Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      if (cause instanceof HttpConnectTimeoutException) {
        return CallLimits.connectPassed(model.timeouts().connect());
      }
      if (cause instanceof ConnectException) {
        return new LlmException.Unreachable(
            JobError.of(
                ErrorCodes.CONNECTION, "no connection to the provider of model " + model.id()));
      }
      JobError error;
      if (cause instanceof IOException) {
        error =
            JobError.of(
                ErrorCodes.CONNECTION,
                "the connection to the provider of model "
                    + model.id()
                    + " broke before the answer was complete");
      } else {
        error =
            JobError.of(
                ErrorCodes.INTERNAL,
                "the call could not be made (" + cause.getClass().getSimpleName() + ")");
      }
      return new LlmException.Transient(error, Optional.empty());
    }
  }
}
