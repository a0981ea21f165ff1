package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.util.Optional;

/**
 * Checks in one pass that bytes are a whole answer of an endpoint and that something is in it, and
 * picks the usage out.
 */
final class OpenAiAnswer {
  private static final String CONTENT_FILTER = "content_filter";

  private final OpenAiEndpoint endpoint;
  private final JsonCursor cursor;
  private final AnswerParts parts;
  private boolean hasError;
  private Optional<String> status = Optional.empty();
  private Optional<Usage> usage = Optional.empty();

  private OpenAiAnswer(OpenAiEndpoint endpoint, JsonCursor cursor) {
    this.endpoint = endpoint;
    this.cursor = cursor;
    this.parts = new AnswerParts(cursor);
  }

  static AnswerVerdict check(byte[] body, OpenAiEndpoint endpoint, JsonFactory factory) {
    if (!JsonCursor.beginsAsUtf8Object(body)) {
      return JsonCursor.isBlank(body)
          ? new AnswerVerdict.Empty(Optional.empty(), Optional.empty())
          : AnswerVerdict.notJson(Optional.empty());
    }
    try (var cursor = new JsonCursor(body, factory)) {
      return new OpenAiAnswer(endpoint, cursor).read();
    } catch (IOException e) {
      return AnswerVerdict.notJson(Optional.empty());
    }
  }

  private AnswerVerdict read() {
    try {
      return cursor.readWhole(this::readTop) ? verdict() : AnswerVerdict.notJson(usage);
    } catch (IOException e) {
      return AnswerVerdict.notJson(usage);
    }
  }

  private AnswerVerdict verdict() {
    if (endpoint != OpenAiEndpoint.RESPONSES) {
      return partsVerdict();
    }
    return switch (status.orElse("")) {
      case "failed", "cancelled" -> new AnswerVerdict.ProviderFailed();
      case "queued", "in_progress" -> new AnswerVerdict.Malformed("it is not finished", usage);
      default -> partsVerdict();
    };
  }

  /** Text beside a refusal is an answer; a refusal alone is none. */
  private AnswerVerdict partsVerdict() {
    if (parts.isWellFormed() && parts.isFilled()) {
      return new AnswerVerdict.Good(usage.orElse(Usage.NONE), finishReason());
    }
    if (hasError) {
      return new AnswerVerdict.Malformed(
          "it holds an error instead of " + endpoint.answerList(), usage);
    }
    if (!parts.isWellFormed()) {
      return new AnswerVerdict.Malformed(
          "it has no " + endpoint.answerList() + ", or not in the usual form", usage);
    }
    if (parts.isRefused()) {
      return new AnswerVerdict.Refused("the model refused", usage);
    }
    if (parts.finishReason().filter(CONTENT_FILTER::equals).isPresent()) {
      return new AnswerVerdict.Refused("the provider's content filter held it back", usage);
    }
    return new AnswerVerdict.Empty(parts.finishReason(), usage);
  }

  private Optional<FinishReason> finishReason() {
    if (endpoint == OpenAiEndpoint.RESPONSES && parts.finishReason().isEmpty()) {
      return Optional.of(parts.isToolCalled() ? FinishReason.TOOL_CALLS : FinishReason.STOP);
    }
    return parts
        .finishReason()
        .map(
            reason ->
                switch (reason) {
                  case "stop" -> FinishReason.STOP;
                  case "length", "max_output_tokens" -> FinishReason.LENGTH;
                  case CONTENT_FILTER -> FinishReason.CONTENT_FILTER;
                  case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
                  default -> FinishReason.OTHER;
                });
  }

  private void readTop(String name, JsonToken value) throws IOException {
    switch (name) {
      case "choices", "data", "output" -> readList(name, value);
      case "incomplete_details" -> parts.readIncompleteDetails(value);
      case "error" -> hasError = cursor.isPresent(value);
      case "status" -> status = cursor.word(value);
      case "usage" -> readUsage(value);
      default -> cursor.skip();
    }
  }

  private void readList(String name, JsonToken value) throws IOException {
    if (!name.equals(endpoint.answerList())) {
      cursor.skip();
      return;
    }
    switch (endpoint) {
      case CHAT_COMPLETIONS, COMPLETIONS -> parts.readChoices(value);
      case EMBEDDINGS -> parts.readData(value);
      case RESPONSES -> parts.readOutput(value);
    }
  }

  /** Chat completions and responses name the same counts differently. */
  private void readUsage(JsonToken value) throws IOException {
    var counts = new TokenCounts();
    boolean present =
        cursor.object(
            value,
            (name, count) -> {
              switch (name) {
                case "prompt_tokens", "input_tokens" -> counts.input = cursor.count(count);
                case "completion_tokens", "output_tokens" -> counts.output = cursor.count(count);
                case "prompt_tokens_details", "input_tokens_details" ->
                    counts.cached = detail(count, "cached_tokens");
                case "completion_tokens_details", "output_tokens_details" ->
                    counts.reasoning = detail(count, "reasoning_tokens");
                default -> cursor.skip();
              }
            });
    usage = present ? Optional.of(counts.usage()) : Optional.empty();
  }

  private long detail(JsonToken value, String wanted) throws IOException {
    long[] found = {0};
    cursor.object(
        value,
        (name, count) -> {
          if (name.equals(wanted)) {
            found[0] = cursor.count(count);
          } else {
            cursor.skip();
          }
        });
    return found[0];
  }
}
