package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A request in neutral form, for providers that keep the system message apart from the turns.
 *
 * @param system all that system and developer messages say, in their order; may be empty
 * @param turns the other messages, as given
 */
record NeutralRequest(List<String> system, List<JsonNode> turns, ObjectNode params) {

  static NeutralRequest of(LlmRequest request) {
    NeutralRequest neutral = read(request);
    Requests.refuseStreaming(neutral.params());
    return neutral;
  }

  private static NeutralRequest read(LlmRequest request) {
    if (request instanceof LlmRequest.Prompt prompt) {
      ObjectNode user = Json.object().put("role", "user").put("content", prompt.input());
      return new NeutralRequest(
          prompt.systemMessage().stream().toList(), List.of(user), prompt.params());
    }
    if (request instanceof LlmRequest.Messages conversation) {
      List<String> system = new ArrayList<>();
      List<JsonNode> turns = new ArrayList<>();
      conversation.systemMessage().ifPresent(system::add);
      for (JsonNode message : conversation.messages()) {
        String role = message.path("role").asText();
        if (role.equals("system") || role.equals("developer")) {
          system.add(text(message.path("content")));
        } else {
          turns.add(message);
        }
      }
      if (turns.isEmpty()) {
        throw Requests.refused("messages must hold at least one that is not a system message");
      }
      return new NeutralRequest(system, turns, conversation.params());
    }
    throw new IllegalArgumentException("a native request is not translated");
  }

  /** The system messages as one, with what is to be added. */
  Optional<String> systemText(Optional<String> more) {
    List<String> all = new ArrayList<>(system);
    more.ifPresent(all::add);
    return all.isEmpty() ? Optional.empty() : Optional.of(String.join("\n\n", all));
  }

  /** The text of a message whose content is a text, or a list of parts that are texts. */
  static String text(JsonNode content) {
    if (!content.isArray()) {
      return content.asText("");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode part : content) {
      if (part.isTextual()) {
        texts.add(part.textValue());
      } else if (part.path("text").isTextual()) {
        texts.add(part.path("text").textValue());
      } else {
        throw Requests.refused("a system or tool message can hold only text for this provider");
      }
    }
    return String.join("\n", texts);
  }

  /** The arguments of a tool call, which the neutral form holds as text. */
  static JsonNode arguments(JsonNode function) {
    JsonNode arguments = function.path("arguments");
    if (!arguments.isTextual()) {
      return arguments.isObject() ? arguments : Json.object();
    }
    if (arguments.textValue().isBlank()) {
      return Json.object();
    }
    try {
      return Json.MAPPER.readTree(arguments.textValue());
    } catch (JsonProcessingException e) {
      throw Requests.refused("the arguments of a tool call in messages are not JSON");
    }
  }

  /** For providers that cannot be held to a schema. */
  static String instruction(ObjectNode schema) {
    return "Answer with JSON only, without any text around it, that is valid by this JSON schema:\n"
        + schema;
  }
}
