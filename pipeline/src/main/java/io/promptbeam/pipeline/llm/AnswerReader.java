package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.store.JobStore;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Turns what came of one call into an answer, or says why it is none. */
final class AnswerReader implements HttpCalls.Reader<ReceivedBody, LlmAnswer> {
  private final ModelConfig model;
  private final ProviderProtocol protocol;
  private final Credentials credentials;
  private final Clock clock;
  private final AnswerFormat format;

  AnswerReader(
      ModelConfig model,
      ProviderProtocol protocol,
      Credentials credentials,
      Clock clock,
      AnswerFormat format) {
    this.model = model;
    this.protocol = protocol;
    this.credentials = credentials;
    this.clock = clock;
    this.format = format;
  }

  @Override
  public LlmAnswer read(HttpResponse<ReceivedBody> response) {
    int status = response.statusCode();
    HttpHeaders headers = response.headers();
    List<RateHint> hints = protocol.rateHints(headers, clock.instant());
    ReceivedBody received = response.body();
    if (received instanceof ReceivedBody.Whole whole) {
      if (status / 100 != 2) {
        throw refusal(status, headers, whole.body(), hints);
      }
      return answer(decoded(status, headers, whole.body()), status, hints);
    }
    if (received instanceof ReceivedBody.Assembled assembled) {
      return answer(assembled.bytes(), status, hints);
    }
    if (received instanceof ReceivedBody.Failed failed) {
      throw errors(status, failed.error(), headers, hints)
          .inTheMiddle(protocol.classify(status, failed.error()));
    }
    if (received instanceof ReceivedBody.TooLarge) {
      throw tooLarge(status);
    }
    if (received instanceof ReceivedBody.Cut) {
      throw broken(", which the provider ended early");
    }
    throw malformed("its events are none of this API", status, Optional.empty());
  }

  private LlmAnswer answer(byte[] bytes, int status, List<RateHint> hints) {
    AnswerVerdict verdict = format.check(bytes);
    if (verdict instanceof AnswerVerdict.Good good) {
      return new LlmAnswer(bytes, good.usage(), good.finishReason(), hints);
    }
    if (verdict instanceof AnswerVerdict.Refused refused) {
      throw permanent(
          ErrorCodes.CONTENT_REFUSED,
          "there is no answer, because " + refused.why(),
          status,
          refused.usage());
    }
    if (verdict instanceof AnswerVerdict.Empty empty) {
      String why = empty.finishReason().map(reason -> "; finish_reason is " + reason).orElse("");
      throw permanent(
          ErrorCodes.EMPTY_ANSWER, "the provider's answer is empty" + why, status, empty.usage());
    }
    if (verdict instanceof AnswerVerdict.Malformed malformed) {
      throw malformed(malformed.why(), status, malformed.usage());
    }
    String message =
        ProviderMessage.of(tree(bytes), credentials.secrets())
            .orElse("the provider failed to answer");
    throw new LlmException.Transient(
        new JobError(ErrorCodes.PROVIDER_ERROR, message, Optional.of(status)),
        Optional.empty(),
        hints);
  }

  private LlmException refusal(
      int status, HttpHeaders headers, BoundedBody body, List<RateHint> hints) {
    JsonNode tree = tree(body.bytes());
    return errors(status, tree, headers, hints).of(protocol.classify(status, tree));
  }

  private ErrorAnswers errors(
      int status, JsonNode body, HttpHeaders headers, List<RateHint> hints) {
    Optional<Duration> retryAfter =
        RetryAfter.of(headers, clock).or(() -> protocol.retryDelay(body));
    return new ErrorAnswers(
        model.id(),
        credentials.remedy(),
        status == 401 && credentials.refused(),
        status,
        ProviderMessage.of(body, credentials.secrets()),
        retryAfter,
        hints);
  }

  private static JsonNode tree(byte[] body) {
    try {
      JsonNode tree = Json.MAPPER.readTree(body);
      return tree == null ? MissingNode.getInstance() : tree;
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private static byte[] decoded(int status, HttpHeaders headers, BoundedBody body) {
    Optional<byte[]> decoded;
    try {
      decoded =
          body.complete()
              ? ContentCoding.decode(body.bytes(), headers, JobStore.MAX_RESULT_BYTES)
              : Optional.empty();
    } catch (IOException e) {
      throw malformed("it is not encoded as it says", status, Optional.empty());
    }
    return decoded.orElseThrow(() -> tooLarge(status));
  }

  private static LlmException tooLarge(int status) {
    return permanent(
        ErrorCodes.ANSWER_TOO_LARGE,
        "the provider's answer is larger than " + JobStore.MAX_RESULT_BYTES + " bytes",
        status,
        Optional.empty());
  }

  private static LlmException malformed(String why, int status, Optional<Usage> usage) {
    return permanent(
        ErrorCodes.MALFORMED_ANSWER,
        "what the provider answered is not an answer: " + why,
        status,
        usage);
  }

  private static LlmException permanent(
      String code, String message, int status, Optional<Usage> usage) {
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
    if (cause instanceof IOException) {
      return broken("");
    }
    return new LlmException.Transient(
        JobError.of(
            ErrorCodes.INTERNAL,
            "the call could not be made (" + cause.getClass().getSimpleName() + ")"),
        Optional.empty());
  }

  private LlmException broken(String how) {
    return new LlmException.Transient(
        JobError.of(
            ErrorCodes.CONNECTION,
            "the connection to the provider of model "
                + model.id()
                + " broke before the answer was complete"
                + how),
        Optional.empty());
  }
}
