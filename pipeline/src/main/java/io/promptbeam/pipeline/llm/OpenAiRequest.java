package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import java.util.List;
import java.util.Optional;

/** What goes to an OpenAI-compatible server. */
record OpenAiRequest(OpenAiEndpoint endpoint, ObjectNode body) {
  private static final String MAX_OUTPUT_TOKENS = "max_output_tokens";

  /**
   * Makes the body of {@code request}.
   *
   * @throws LlmException.Permanent when it cannot be one job's call
   */
  static OpenAiRequest of(LlmRequest request, CallOptions options, String upstreamModel) {
    OpenAiEndpoint endpoint = OpenAiEndpoint.CHAT_COMPLETIONS;
    ObjectNode body;
    if (request instanceof LlmRequest.Prompt prompt) {
      ArrayNode messages = Json.MAPPER.createArrayNode();
      addMessage(messages, "system", prompt.systemMessage());
      addMessage(messages, "user", Optional.of(prompt.input()));
      body = chatBody(messages, prompt.params(), options, upstreamModel);
    } else if (request instanceof LlmRequest.Messages conversation) {
      ArrayNode messages = Json.MAPPER.createArrayNode();
      addMessage(messages, "system", conversation.systemMessage());
      messages.addAll(conversation.messages());
      body = chatBody(messages, conversation.params(), options, upstreamModel);
    } else {
      var given = (LlmRequest.Native) request;
      endpoint =
          OpenAiEndpoint.parse(given.endpoint())
              .orElseThrow(() -> Requests.unknownEndpoint(OpenAiEndpoint.paths()));
      body = Json.object();
      body.setAll(given.body());
      body.put("model", upstreamModel);
    }
    Requests.refuseStreaming(body);
    if (Requests.isSet(body.path("background"))) {
      throw Requests.refused(
          "background is not needed in a job, which is one already; remove background");
    }
    return new OpenAiRequest(endpoint, body);
  }

  private static void addMessage(ArrayNode messages, String role, Optional<String> content) {
    content.ifPresent(text -> messages.addObject().put("role", role).put("content", text));
  }

  private static ObjectNode chatBody(
      ArrayNode messages, ObjectNode params, CallOptions options, String upstreamModel) {
    Requests.refuseParams(params, List.of("model", "messages"));
    ObjectNode body = Json.object();
    body.put("model", upstreamModel);
    body.set("messages", messages);
    body.setAll(params);
    if (params.has(MAX_OUTPUT_TOKENS)) {
      body.set("max_completion_tokens", body.remove(MAX_OUTPUT_TOKENS));
    }
    options.outputSchema().ifPresent(schema -> body.set("response_format", format(schema)));
    return body;
  }

  /** Held to the schema where that can be, and else told it: what comes is checked anyway. */
  private static ObjectNode format(ObjectNode schema) {
    ObjectNode format = Json.object().put("type", "json_schema");
    format
        .putObject("json_schema")
        .put("name", "answer")
        .put("strict", SchemaFit.strict(schema))
        .set("schema", schema);
    return format;
  }

  /** Asks for the answer in pieces, the last of which holds the usage. */
  byte[] streamed() {
    body.put("stream", true);
    if (endpoint != OpenAiEndpoint.RESPONSES) {
      ObjectNode options =
          body.get("stream_options") instanceof ObjectNode given ? given.deepCopy() : Json.object();
      body.set("stream_options", options.put("include_usage", true));
    }
    return Requests.bytes(body);
  }
}
