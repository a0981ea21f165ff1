package io.promptbeam.job;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * What to ask the model. The provider's adapter turns the two neutral forms into its own body; a
 * native body passes through as it is. The JSON inside must not be changed by who holds it.
 */
public sealed interface LlmRequest {
  /** One prompt, with {@code params} such as temperature in the provider's own names. */
  record Prompt(Optional<String> systemMessage, String input, ObjectNode params)
      implements LlmRequest {}

  /** A conversation of {@code {role, content}} objects. */
  record Messages(Optional<String> systemMessage, ArrayNode messages, ObjectNode params)
      implements LlmRequest {}

  /**
   * A provider's own body.
   *
   * @param endpoint what of the provider's API it is for: the path, such as {@code
   *     /v1/chat/completions}, or {@code generateContent}
   */
  record Native(String endpoint, ObjectNode body) implements LlmRequest {}
}
