package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.job.LlmRequest;
import java.util.List;

/**
 * How many tokens a call may use, before anybody counted: a quarter of the input's characters (the
 * usual rule of thumb for English) plus the output the request allows.
 */
record TokenEstimate(long inputTokens, long outputTokens) {
  static final int CHARS_PER_TOKEN = 4;
  static final long DEFAULT_OUTPUT_TOKENS = 256;
  private static final long MAX_OUTPUT_TOKENS = 10_000_000;

  /** An image or file inline costs by its size in pixels or pages, not by its base64 text. */
  private static final long CHARS_OF_A_DATA_URL = 4_000;

  private static final List<String> INPUT_FIELDS =
      List.of(
          "messages",
          "input",
          "prompt",
          "instructions",
          "system",
          "tools",
          "contents",
          "systemInstruction",
          "system_instruction");
  private static final List<String> OUTPUT_LIMITS =
      List.of("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens");

  long total() {
    return inputTokens + outputTokens;
  }

  static TokenEstimate of(LlmRequest request) {
    if (request instanceof LlmRequest.Prompt prompt) {
      long chars = prompt.input().length();
      chars += prompt.systemMessage().map(String::length).orElse(0);
      return new TokenEstimate(tokens(chars), output(prompt.params()));
    } else if (request instanceof LlmRequest.Messages messages) {
      long chars =
          chars(messages.messages()) + messages.systemMessage().map(String::length).orElse(0);
      return new TokenEstimate(tokens(chars), output(messages.params()));
    }
    var call = (LlmRequest.Native) request;
    long chars = 0;
    for (String field : INPUT_FIELDS) {
      chars += chars(call.body().path(field));
    }
    boolean generates = !call.endpoint().equals(NativeEndpoint.EMBEDDINGS.path());
    return new TokenEstimate(tokens(chars), generates ? output(call.body()) : 0);
  }

  private static long tokens(long chars) {
    return (chars + CHARS_PER_TOKEN - 1) / CHARS_PER_TOKEN;
  }

  private static long output(JsonNode settings) {
    for (String name : OUTPUT_LIMITS) {
      JsonNode limit = settings.path(name);
      if (limit.isIntegralNumber() && limit.canConvertToLong() && limit.longValue() > 0) {
        return Math.min(limit.longValue(), MAX_OUTPUT_TOKENS);
      }
    }
    JsonNode nested = settings.path("generationConfig");
    return nested.isObject() ? output(nested) : DEFAULT_OUTPUT_TOKENS;
  }

  private static long chars(JsonNode node) {
    if (node.isTextual()) {
      String text = node.textValue();
      return text.startsWith("data:") ? CHARS_OF_A_DATA_URL : text.length();
    }
    if (node.isNumber()) {
      return CHARS_PER_TOKEN; // an input may be given as token numbers
    }
    if (node.path("data").isTextual() && isMedia(node)) {
      return CHARS_OF_A_DATA_URL;
    }
    long sum = 0;
    for (JsonNode child : node) {
      sum += chars(child);
    }
    return sum;
  }

  /** As Anthropic's and Gemini's own bodies hold images and files. */
  private static boolean isMedia(JsonNode node) {
    return node.has("media_type") || node.has("mimeType") || node.has("mime_type");
  }
}
