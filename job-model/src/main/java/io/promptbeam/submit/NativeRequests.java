package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells which endpoint a provider-native request is for. */
final class NativeRequests {
  static final String CHAT_COMPLETIONS = "/v1/chat/completions";
  static final String RESPONSES = "/v1/responses";
  static final String EMBEDDINGS = "/v1/embeddings";
  static final String COMPLETIONS = "/v1/completions";

  private static final List<String> ENDPOINTS =
      List.of(CHAT_COMPLETIONS, RESPONSES, EMBEDDINGS, COMPLETIONS);
  private static final Set<String> WRAPPER_FIELDS = Set.of("custom_id", "method", "url", "body");
  private static final int MAX_CUSTOM_ID_CHARS = 512;

  private NativeRequests() {}

  /**
   * A native body with its endpoint.
   *
   * @param customId of a wrapped request that carried one, as batch lines do
   */
  record Parsed(LlmRequest.Native request, Optional<String> customId) {}

  /** {@code request} is a provider's body, or an OpenAI batch line around one. */
  static Parsed parse(ObjectNode request) throws InvalidSubmissionException {
    if (request.has("url") || request.has("body")) {
      return wrapped(request);
    }
    checkBody(request, "request");
    return new Parsed(new LlmRequest.Native(endpointOf(request), request), Optional.empty());
  }

  private static Parsed wrapped(ObjectNode line) throws InvalidSubmissionException {
    for (var names = line.fieldNames(); names.hasNext(); ) {
      if (!WRAPPER_FIELDS.contains(names.next())) {
        throw new InvalidSubmissionException(
            "unknown_field",
            "request",
            "A request with url and body may have custom_id and method beside them, nothing else.");
      }
    }
    Fields fields = Fields.of(line, WRAPPER_FIELDS);
    String url = line.path("url").asText("");
    if (!ENDPOINTS.contains(url)) {
      throw Fields.invalid(
          "request.url", "It must be one of " + String.join(", ", ENDPOINTS) + ".");
    }
    JsonNode method = line.path("method");
    if (!method.isMissingNode() && !method.asText("").equals("POST")) {
      throw Fields.invalid("request.method", "It must be POST, or be left out.");
    }
    if (!(line.get("body") instanceof ObjectNode body)) {
      throw Fields.wrongType("request.body", "a JSON object, the provider's own request body");
    }
    checkBody(body, "request.body");
    String needed = inputField(url);
    if (!body.hasNonNull(needed)) {
      throw Fields.missing("request.body." + needed);
    }
    return new Parsed(
        new LlmRequest.Native(url, body), fields.text("custom_id", MAX_CUSTOM_ID_CHARS));
  }

  private static String inputField(String endpoint) {
    return switch (endpoint) {
      case CHAT_COMPLETIONS -> "messages";
      case COMPLETIONS -> "prompt";
      default -> "input";
    };
  }

  private static String endpointOf(ObjectNode body) throws InvalidSubmissionException {
    if (body.hasNonNull("messages")) {
      return CHAT_COMPLETIONS;
    }
    if (body.hasNonNull("input")) {
      return body.has("encoding_format") || body.has("dimensions") ? EMBEDDINGS : RESPONSES;
    }
    if (body.hasNonNull("prompt")) {
      return COMPLETIONS;
    }
    throw Fields.invalid(
        "request",
        "It must have messages, input or prompt; or url and body, to name the endpoint yourself.");
  }

  private static void checkBody(ObjectNode body, String path) throws InvalidSubmissionException {
    refuseStreaming(body, path);
    JsonNode messages = body.path("messages");
    if (!messages.isMissingNode() && !(messages.isArray() && !messages.isEmpty())) {
      throw Fields.wrongType(path + ".messages", "a list of messages, at least one");
    }
    for (String name : List.of("input", "prompt")) {
      JsonNode input = body.path(name);
      boolean usable =
          input.isMissingNode()
              || (input.isTextual() && !input.textValue().isEmpty())
              || (input.isArray() && !input.isEmpty());
      if (!usable) {
        throw Fields.wrongType(path + "." + name, "a string or a list, and not empty");
      }
    }
  }

  /** An answer is stored whole, so there is nobody to stream to. */
  static void refuseStreaming(ObjectNode settings, String path) throws InvalidSubmissionException {
    JsonNode stream = settings.path("stream");
    if (!stream.isMissingNode() && !(stream.isBoolean() && !stream.booleanValue())) {
      throw Fields.invalid(
          path + ".stream", "Answers are stored whole and cannot be streamed; remove it.");
    }
  }
}
