package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.LlmRequest;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells which endpoint of its model's provider a native request is for. */
final class NativeRequests {
  private static final Set<String> WRAPPER_FIELDS = Set.of("custom_id", "method", "url", "body");
  private static final int MAX_CUSTOM_ID_CHARS = 512;

  private NativeRequests() {}

  /**
   * A native body with its endpoint.
   *
   * @param customId of a wrapped request that carried one, as batch lines do
   */
  record Parsed(LlmRequest.Native request, Optional<String> customId) {}

  /**
   * {@code request} is a provider's body, or an OpenAI batch line around one.
   *
   * @param provider of the request's model
   */
  static Parsed parse(ObjectNode request, ProviderKind provider) throws InvalidSubmissionException {
    if (request.has("url") || request.has("body")) {
      return wrapped(request, provider);
    }
    checkBody(request, "request");
    Optional<NativeEndpoint> endpoint = NativeEndpoint.of(request, provider);
    if (endpoint.isEmpty()) {
      throw Fields.invalid(
          "request",
          "It must be a body for one of the endpoints that a model of provider "
              + provider.wireName()
              + " has, "
              + NativeEndpoint.names(provider)
              + ", and so have "
              + NativeEndpoint.inputFields(provider)
              + "; or url and body, to name the endpoint yourself.");
    }
    return new Parsed(new LlmRequest.Native(endpoint.get().path(), request), Optional.empty());
  }

  private static Parsed wrapped(ObjectNode line, ProviderKind provider)
      throws InvalidSubmissionException {
    for (var names = line.fieldNames(); names.hasNext(); ) {
      if (!WRAPPER_FIELDS.contains(names.next())) {
        throw new InvalidSubmissionException(
            "unknown_field",
            "request",
            "A request with url and body may have custom_id and method beside them, nothing else.");
      }
    }
    Fields fields = Fields.of(line, WRAPPER_FIELDS);
    Optional<NativeEndpoint> endpoint = NativeEndpoint.parse(line.path("url").asText(""), provider);
    if (endpoint.isEmpty()) {
      throw Fields.invalid(
          "request.url",
          "It must be one of those that a model of provider "
              + provider.wireName()
              + " has: "
              + NativeEndpoint.names(provider)
              + ".");
    }
    JsonNode method = line.path("method");
    if (!method.isMissingNode() && !method.asText("").equals("POST")) {
      throw Fields.invalid("request.method", "It must be POST, or be left out.");
    }
    if (!(line.get("body") instanceof ObjectNode body)) {
      throw Fields.wrongType("request.body", "a JSON object, the provider's own request body");
    }
    checkBody(body, "request.body");
    String needed = endpoint.get().inputField();
    if (!body.hasNonNull(needed)) {
      throw Fields.missing("request.body." + needed);
    }
    return new Parsed(
        new LlmRequest.Native(endpoint.get().path(), body),
        fields.text("custom_id", MAX_CUSTOM_ID_CHARS));
  }

  /** What any endpoint refuses, whichever field is its input. */
  static void checkBody(ObjectNode body, String path) throws InvalidSubmissionException {
    refuseStreaming(body, path);
    for (String name : List.of("messages", "contents")) {
      JsonNode turns = body.path(name);
      if (!turns.isMissingNode() && !(turns.isArray() && !turns.isEmpty())) {
        throw Fields.wrongType(path + "." + name, "a list of messages, at least one");
      }
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
