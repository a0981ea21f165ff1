package io.promptbeam.pipeline.llm.simulated;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SplittableRandom;

/** Writes the bodies of answers, as deterministic as the seeds it is given. Thread-safe. */
final class SimulatedAnswers {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A fixed time, so that equal requests get equal answers. */
  private static final long CREATED_EPOCH_SECONDS = 1_700_000_000L;

  private static final int DEFAULT_DIMENSIONS = 16;
  private static final int MAX_DIMENSIONS = 3_072;
  private static final int MAX_EMBEDDINGS = 2_048;

  private SimulatedAnswers() {}

  /**
   * An answer.
   *
   * @param tokens of prompt and answer
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(byte[] body, long tokens) {}

  /** What an endpoint makes of a request; empty when the request is none of its own. */
  @FunctionalInterface
  interface Endpoint {
    Optional<Answer> answer(JsonNode request, long seed);
  }

  /** Empty when {@code path} is no endpoint for POST. */
  static Optional<Endpoint> endpoint(String path) {
    return switch (path) {
      case "/v1/chat/completions" -> Optional.of(SimulatedAnswers::chatCompletion);
      case "/v1/responses" -> Optional.of(SimulatedAnswers::response);
      case "/v1/embeddings" -> Optional.of(SimulatedAnswers::embeddings);
      case "/v1/completions" -> Optional.of(SimulatedAnswers::completion);
      default -> Optional.empty();
    };
  }

  /** Empty when the bytes are not a JSON object. */
  static Optional<JsonNode> parse(byte[] body) {
    try {
      JsonNode node = JSON.readTree(body);
      return node.isObject() ? Optional.of(node) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static byte[] error(String message, String type, String code) {
    ObjectNode answer = JSON.createObjectNode();
    answer.putObject("error").put("message", message).put("type", type).put("code", code);
    return bytes(answer);
  }

  static byte[] models(String modelId) {
    ObjectNode answer = JSON.createObjectNode().put("object", "list");
    answer
        .putArray("data")
        .addObject()
        .put("id", modelId)
        .put("object", "model")
        .put("created", CREATED_EPOCH_SECONDS)
        .put("owned_by", "simulated");
    return bytes(answer);
  }

  /** One of the things that broken servers and proxies answer with status 200. */
  static byte[] garbage(long seed) {
    String text =
        switch (new SplittableRandom(seed).nextInt(5)) {
          case 0 -> "";
          case 1 -> "<!doctype html><html><body>Welcome</body></html>";
          case 2 -> "{\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"mess";
          case 3 -> "{}";
          default -> "[\"upstream connect error\"]";
        };
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private record Written(String text, int inputTokens, int outputTokens, boolean cut) {
    int tokens() {
      return inputTokens + outputTokens;
    }
  }

  private static Written write(JsonNode request, String prompt, long seed, String... limitFields) {
    String text = PromptText.answer(prompt, PromptText.asksForJson(request, prompt), seed, JSON);
    String kept = text;
    for (String field : limitFields) {
      if (request.path(field).canConvertToInt() && request.path(field).intValue() > 0) {
        kept = PromptText.cutToTokens(kept, request.path(field).intValue());
      }
    }
    return new Written(
        kept, PromptText.tokens(prompt), PromptText.tokens(kept), kept.length() < text.length());
  }

  private static Optional<Answer> chatCompletion(JsonNode request, long seed) {
    JsonNode messages = request.path("messages");
    if (!messages.isArray() || messages.isEmpty()) {
      return Optional.empty();
    }
    Written written =
        write(request, PromptText.of(messages), seed, "max_tokens", "max_completion_tokens");
    ObjectNode answer = start("chatcmpl-", "chat.completion", request, seed);
    ObjectNode choice = answer.putArray("choices").addObject().put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", written.text());
    choice.put("finish_reason", written.cut() ? "length" : "stop");
    putChatUsage(answer, written);
    return Optional.of(new Answer(bytes(answer), written.tokens()));
  }

  private static Optional<Answer> completion(JsonNode request, long seed) {
    JsonNode prompt = request.path("prompt");
    if (!prompt.isTextual() && !prompt.isArray()) {
      return Optional.empty();
    }
    Written written = write(request, PromptText.of(prompt), seed, "max_tokens");
    ObjectNode answer = start("cmpl-", "text_completion", request, seed);
    answer
        .putArray("choices")
        .addObject()
        .put("index", 0)
        .put("text", written.text())
        .put("finish_reason", written.cut() ? "length" : "stop");
    putChatUsage(answer, written);
    return Optional.of(new Answer(bytes(answer), written.tokens()));
  }

  private static Optional<Answer> response(JsonNode request, long seed) {
    JsonNode input = request.path("input");
    if (!input.isTextual() && !input.isArray()) {
      return Optional.empty();
    }
    String prompt = request.path("instructions").asText() + PromptText.of(input);
    Written written = write(request, prompt, seed, "max_output_tokens");
    ObjectNode answer = JSON.createObjectNode();
    answer.put("id", "resp_" + Long.toHexString(seed)).put("object", "response");
    answer.put("created_at", CREATED_EPOCH_SECONDS);
    answer.put("status", written.cut() ? "incomplete" : "completed");
    answer.put("model", request.path("model").asText());
    ObjectNode message = answer.putArray("output").addObject();
    message.put("type", "message").put("id", "msg_" + Long.toHexString(seed));
    message.put("status", "completed").put("role", "assistant");
    message
        .putArray("content")
        .addObject()
        .put("type", "output_text")
        .put("text", written.text())
        .putArray("annotations");
    ObjectNode usage = answer.putObject("usage");
    usage.put("input_tokens", written.inputTokens());
    usage.putObject("input_tokens_details").put("cached_tokens", 0);
    usage.put("output_tokens", written.outputTokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    usage.put("total_tokens", written.tokens());
    return Optional.of(new Answer(bytes(answer), written.tokens()));
  }

  private static Optional<Answer> embeddings(JsonNode request, long seed) {
    JsonNode input = request.path("input");
    int count = input.isTextual() ? 1 : input.size();
    int dimensions = request.path("dimensions").asInt(DEFAULT_DIMENSIONS);
    boolean ofTokens = input.path(0).isInt();
    if (count < 1 || count > MAX_EMBEDDINGS || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      return Optional.empty();
    }
    ObjectNode answer = JSON.createObjectNode().put("object", "list");
    var data = answer.putArray("data");
    var random = new SplittableRandom(seed);
    for (int i = 0; i < (ofTokens ? 1 : count); i++) {
      var vector =
          data.addObject().put("object", "embedding").put("index", i).putArray("embedding");
      for (int d = 0; d < dimensions; d++) {
        vector.add((float) (2 * random.nextDouble() - 1));
      }
    }
    answer.put("model", request.path("model").asText());
    int tokens = ofTokens ? count : PromptText.tokens(PromptText.of(input));
    answer.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    return Optional.of(new Answer(bytes(answer), tokens));
  }

  private static ObjectNode start(String idPrefix, String object, JsonNode request, long seed) {
    return JSON.createObjectNode()
        .put("id", idPrefix + Long.toHexString(seed))
        .put("object", object)
        .put("created", CREATED_EPOCH_SECONDS)
        .put("model", request.path("model").asText());
  }

  private static void putChatUsage(ObjectNode answer, Written written) {
    answer
        .putObject("usage")
        .put("prompt_tokens", written.inputTokens())
        .put("completion_tokens", written.outputTokens())
        .put("total_tokens", written.tokens());
  }

  private static byte[] bytes(ObjectNode answer) {
    try {
      return JSON.writeValueAsBytes(answer);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
