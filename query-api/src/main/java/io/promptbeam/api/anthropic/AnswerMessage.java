package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.OutputText;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A completed line's answer as a {@code Message}. Pure. */
final class AnswerMessage {
  private static final ObjectMapper READER = new ObjectMapper();

  private AnswerMessage() {}

  /**
   * In one line of text; empty when the answer is not there any more.
   *
   * @param line completed; read with its result
   */
  static Optional<String> json(Job line) {
    return line.result().flatMap(bytes -> json(line, bytes));
  }

  private static Optional<String> json(Job line, byte[] result) {
    JsonNode answer;
    try {
      answer = READER.readTree(result);
    } catch (IOException e) {
      return Optional.empty();
    }
    return Optional.of(isMessage(answer) ? oneLine(result) : made(line, answer).toString());
  }

  /** As Anthropic's own models answer, whatever the catalog calls them by now. */
  private static boolean isMessage(JsonNode answer) {
    return answer.path("type").asText().equals("message") && answer.path("content").isArray();
  }

  /** As the provider wrote it: a tree would not keep every number's digits. */
  private static String oneLine(byte[] result) {
    // Within JSON's strings line ends are escaped, so these are white space between its tokens.
    return new String(result, StandardCharsets.UTF_8).replace('\n', ' ').replace('\r', ' ').trim();
  }

  private static ObjectNode made(Job line, JsonNode answer) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", "msg_" + hex(line.spec().id()))
        .put("type", "message")
        .put("role", "assistant")
        .put("model", line.run().servedBy(line.spec()).orElse(line.spec().modelId()));
    ArrayNode content = json.putArray("content");
    OutputText.of(answer)
        .ifPresent(
            text -> content.addObject().put("type", "text").put("text", text).putNull("citations"));
    boolean callsTools = ToolUses.addTo(content, answer);
    String reason = stopReason(answer);
    json.put("stop_reason", callsTools && reason.equals("end_turn") ? "tool_use" : reason);
    json.putNull("stop_sequence").putNull("stop_details").putNull("container");
    json.putNull("diagnostics");
    json.set("usage", usage(used(line)));
    return json;
  }

  /** Of the call that answered. */
  private static Usage used(Job line) {
    List<CallRecord> calls = line.run().calls();
    Optional<Usage> last = calls.isEmpty() ? Optional.empty() : calls.get(calls.size() - 1).usage();
    return last.or(() -> line.run().ending().flatMap(Ending::usage)).orElse(Usage.NONE);
  }

  /** Anthropic counts cached tokens beside the input, and not as part of it. */
  private static ObjectNode usage(Usage used) {
    long cached = Math.min(used.cachedInputTokens(), used.inputTokens());
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("input_tokens", used.inputTokens() - cached)
        .put("output_tokens", used.outputTokens())
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", cached)
        .put("service_tier", "batch");
    return json.putNull("cache_creation")
        .putNull("server_tool_use")
        .putNull("output_tokens_details")
        .putNull("inference_geo")
        .putNull("speed");
  }

  /** As OpenAI's two ways to answer and Gemini say it; what says nothing came to its end. */
  private static String stopReason(JsonNode answer) {
    String said =
        Stream.of(
                answer.path("choices").path(0).path("finish_reason"),
                answer.path("candidates").path(0).path("finishReason"),
                answer.path("incomplete_details").path("reason"))
            .filter(JsonNode::isTextual)
            .map(JsonNode::textValue)
            .findFirst()
            .orElse("stop");
    return switch (said.toLowerCase(Locale.ROOT)) {
      case "length", "max_tokens", "max_output_tokens" -> "max_tokens";
      case "tool_calls", "function_call" -> "tool_use";
      case "content_filter", "safety", "prohibited_content", "blocklist", "recitation", "spii" ->
          "refusal";
      default -> "end_turn";
    };
  }

  static String hex(JobId id) {
    return id.uuid().toString().replace("-", "");
  }
}
