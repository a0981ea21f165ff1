package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.OutputText;
import io.promptbeam.job.Usage;
import java.util.List;
import java.util.Optional;

/** Answers of Anthropic's and Gemini's models as chat completions of OpenAI. Pure. */
final class ChatCompletions {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ChatCompletions() {}

  /** Whether the answer is of one of the two forms that are not OpenAI's. */
  static boolean isForeign(JsonNode answer) {
    return !answer.has("choices")
        && (answer.path("candidates").isArray() || answer.path("content").isArray());
  }

  /**
   * A chat completion.
   *
   * @param answer {@link #isForeign foreign}
   * @param line whose answer it is
   */
  static ObjectNode of(JsonNode answer, Job line) {
    String hex = line.spec().id().toString().replace("-", "");
    Optional<Ending> ending = line.run().ending();
    ObjectNode json = NODES.objectNode();
    json.put("id", "chatcmpl-" + hex);
    json.put("object", "chat.completion");
    json.put("created", ending.map(Ending::at).orElse(line.spec().createdAt()).getEpochSecond());
    String model = answer.path("model").asText(answer.path("modelVersion").asText());
    json.put(
        "model",
        model.isEmpty() ? line.run().servedBy(line.spec()).orElse(line.spec().modelId()) : model);
    ArrayNode choices = json.putArray("choices");
    if (answer.path("candidates").isArray()) {
      for (JsonNode candidate : answer.path("candidates")) {
        choices.add(ofGemini(candidate, choices.size()));
      }
    } else {
      choices.add(ofAnthropic(answer));
    }
    writeUsage(json.putObject("usage"), usage(line));
    json.putNull("service_tier");
    return json.putNull("system_fingerprint");
  }

  private static ObjectNode ofAnthropic(JsonNode answer) {
    ArrayNode tools = NODES.arrayNode();
    for (JsonNode block : answer.path("content")) {
      if (block.path("type").asText().equals("tool_use")) {
        addTool(
            tools,
            block.path("id").asText(),
            block.path("name").asText(),
            block.path("input").toString());
      }
    }
    String reason =
        switch (answer.path("stop_reason").asText()) {
          case "max_tokens", "model_context_window_exceeded" -> "length";
          case "tool_use" -> "tool_calls";
          case "refusal" -> "content_filter";
          default -> "stop";
        };
    return choice(0, OutputText.of(answer), tools, reason);
  }

  private static ObjectNode ofGemini(JsonNode candidate, int index) {
    ArrayNode tools = NODES.arrayNode();
    for (JsonNode part : candidate.path("content").path("parts")) {
      JsonNode call = part.path("functionCall");
      if (call.isObject()) {
        String id = call.path("id").asText("call_" + index + "_" + tools.size());
        JsonNode arguments = call.path("args");
        addTool(
            tools,
            id,
            call.path("name").asText(),
            arguments.isObject() ? arguments.toString() : "{}");
      }
    }
    String reason =
        switch (candidate.path("finishReason").asText()) {
          case "MAX_TOKENS" -> "length";
          case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII" ->
              "content_filter";
          default -> tools.isEmpty() ? "stop" : "tool_calls";
        };
    ObjectNode alone = NODES.objectNode();
    alone.putArray("candidates").add(candidate);
    return choice(index, OutputText.of(alone), tools, reason);
  }

  private static void addTool(ArrayNode tools, String id, String name, String arguments) {
    tools
        .addObject()
        .put("id", id)
        .put("type", "function")
        .putObject("function")
        .put("name", name)
        .put("arguments", arguments);
  }

  private static ObjectNode choice(
      int index, Optional<String> text, ArrayNode tools, String finishReason) {
    ObjectNode choice = NODES.objectNode().put("index", index);
    ObjectNode message = choice.putObject("message").put("role", "assistant");
    message.put("content", text.orElse(tools.isEmpty() ? "" : null)).putNull("refusal");
    if (!tools.isEmpty()) {
      message.set("tool_calls", tools);
    }
    choice.putNull("logprobs");
    return choice.put("finish_reason", finishReason);
  }

  /** Of the call that answered; of all calls, where they were not recorded one by one. */
  private static Usage usage(Job line) {
    List<CallRecord> calls = line.run().calls();
    return calls.isEmpty()
        ? line.run().ending().flatMap(Ending::usage).orElse(Usage.NONE)
        : calls.get(calls.size() - 1).usage().orElse(Usage.NONE);
  }

  private static void writeUsage(ObjectNode json, Usage usage) {
    json.put("prompt_tokens", usage.inputTokens());
    json.put("completion_tokens", usage.outputTokens());
    json.put("total_tokens", usage.totalTokens());
    json.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedInputTokens());
    json.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoningTokens());
  }
}
