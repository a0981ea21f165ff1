package io.promptbeam.job;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * Finds the assistant's text in a provider's answer, whatever the provider: for people and for
 * programs that only want the text. Answers with several choices give the first one's text.
 */
public final class OutputText {
  private OutputText() {}

  /** Empty when the answer holds no text, for example embeddings or only a tool call. */
  public static Optional<String> of(JsonNode answer) {
    if (answer.path("choices").isArray()) {
      return ofChoice(answer.path("choices").path(0));
    }
    if (answer.path("output").isArray()) {
      return ofResponseItems(answer.path("output"));
    }
    if (answer.path("candidates").isArray()) {
      return ofGeminiParts(answer.path("candidates").path(0).path("content").path("parts"));
    }
    if (answer.path("content").isArray()) {
      return join(answer.path("content"), "text");
    }
    return Optional.empty();
  }

  private static Optional<String> ofChoice(JsonNode choice) {
    JsonNode content =
        choice.path("message").isObject()
            ? choice.path("message").path("content")
            : choice.path("text");
    return content.isArray() ? join(content, "text") : text(content);
  }

  /** Reasoning and tool items stand beside the message and are no answer text. */
  private static Optional<String> ofResponseItems(JsonNode items) {
    var joined = new StringBuilder();
    for (JsonNode item : items) {
      if (item.path("type").asText().equals("message")) {
        join(item.path("content"), "output_text").ifPresent(joined::append);
      }
    }
    return text(joined);
  }

  private static Optional<String> ofGeminiParts(JsonNode parts) {
    var joined = new StringBuilder();
    for (JsonNode part : parts) {
      if (!part.path("thought").asBoolean()) {
        joined.append(part.path("text").asText());
      }
    }
    return text(joined);
  }

  /** The {@code text} of the blocks of one type, such as Anthropic's {@code text} blocks. */
  private static Optional<String> join(JsonNode blocks, String type) {
    var joined = new StringBuilder();
    for (JsonNode block : blocks) {
      if (block.path("type").asText().equals(type)) {
        joined.append(block.path("text").asText());
      }
    }
    return text(joined);
  }

  private static Optional<String> text(JsonNode node) {
    return node.isTextual() ? text(new StringBuilder(node.textValue())) : Optional.empty();
  }

  private static Optional<String> text(StringBuilder text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text.toString());
  }
}
