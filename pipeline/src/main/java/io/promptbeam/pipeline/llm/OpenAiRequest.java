package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.LlmRequest;
import java.util.Optional;

/**
 * What goes to an OpenAI-compatible server.
 *
 * @param body JSON in UTF-8
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per call would be waste
record OpenAiRequest(OpenAiEndpoint endpoint, byte[] body) {

  /**
   * Makes the body of {@code request}.
   *
   * @throws LlmException.Permanent when it cannot be one job's call
   */
  static OpenAiRequest of(LlmRequest request, String upstreamModel, ObjectMapper json) {
    OpenAiEndpoint endpoint = OpenAiEndpoint.CHAT_COMPLETIONS;
    ObjectNode body;
    if (request instanceof LlmRequest.Prompt prompt) {
      ArrayNode messages = json.createArrayNode();
      addMessage(messages, "system", prompt.systemMessage());
      addMessage(messages, "user", Optional.of(prompt.input()));
      body = chatBody(messages, prompt.params(), upstreamModel, json);
    } else if (request instanceof LlmRequest.Messages conversation) {
      ArrayNode messages = json.createArrayNode();
      addMessage(messages, "system", conversation.systemMessage());
      messages.addAll(conversation.messages());
      body = chatBody(messages, conversation.params(), upstreamModel, json);
    } else {
      var given = (LlmRequest.Native) request;
      endpoint =
          OpenAiEndpoint.parse(given.endpoint())
              .orElseThrow(
                  () ->
                      refused(
                          "this endpoint cannot be a job; use one of " + OpenAiEndpoint.paths()));
      body = json.createObjectNode();
      body.setAll(given.body());
      body.put("model", upstreamModel);
    }
    refuseWhatAnswersLater(body);
    try {
      return new OpenAiRequest(endpoint, json.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw refused("the request cannot be written as JSON");
    }
  }

  private static void addMessage(ArrayNode messages, String role, Optional<String> content) {
    content.ifPresent(text -> messages.addObject().put("role", role).put("content", text));
  }

  private static ObjectNode chatBody(
      ArrayNode messages, ObjectNode params, String upstreamModel, ObjectMapper json) {
    if (params.has("model") || params.has("messages")) {
      throw refused("params must not hold model or messages; they have fields of their own");
    }
    ObjectNode body = json.createObjectNode();
    body.put("model", upstreamModel);
    body.set("messages", messages);
    body.setAll(params);
    return body;
  }

  private static void refuseWhatAnswersLater(ObjectNode body) {
    if (isSet(body.path("stream"))) {
      throw refused("stream is not possible in a job: its answer is polled; remove stream");
    }
    if (isSet(body.path("background"))) {
      throw refused("background is not needed in a job, which is one already; remove background");
    }
  }

  private static boolean isSet(JsonNode flag) {
    return !flag.isMissingNode() && !flag.isNull() && !(flag.isBoolean() && !flag.booleanValue());
  }

  private static LlmException.Permanent refused(String message) {
    return new LlmException.Permanent(JobError.of(ErrorCodes.INVALID_REQUEST, message));
  }
}
