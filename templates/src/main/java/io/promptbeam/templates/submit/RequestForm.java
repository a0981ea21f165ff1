package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** How each endpoint of OpenAI's protocol takes a prompt. */
enum RequestForm {
  CHAT_COMPLETIONS("/v1/chat/completions", "max_completion_tokens") {
    @Override
    void put(ObjectNode body, String prompt, Optional<String> system) {
      var messages = body.putArray("messages");
      system.ifPresent(text -> messages.addObject().put("role", "system").put("content", text));
      messages.addObject().put("role", "user").put("content", prompt);
    }
  },
  RESPONSES("/v1/responses", "max_output_tokens") {
    @Override
    void put(ObjectNode body, String prompt, Optional<String> system) {
      system.ifPresent(text -> body.put("instructions", text));
      body.put("input", prompt);
    }
  },
  EMBEDDINGS("/v1/embeddings", "") {
    @Override
    void put(ObjectNode body, String prompt, Optional<String> system) {
      body.put("input", prompt);
    }
  },
  COMPLETIONS("/v1/completions", "max_tokens") {
    @Override
    void put(ObjectNode body, String prompt, Optional<String> system) {
      body.put("prompt", prompt);
    }
  };

  private final String endpoint;
  private final String outputLimit;

  RequestForm(String endpoint, String outputLimit) {
    this.endpoint = endpoint;
    this.outputLimit = outputLimit;
  }

  abstract void put(ObjectNode body, String prompt, Optional<String> system);

  String endpoint() {
    return endpoint;
  }

  boolean takesSystemMessage() {
    return this == CHAT_COMPLETIONS || this == RESPONSES;
  }

  /** The field that limits an answer's tokens, where there are answers in tokens. */
  Optional<String> outputLimit() {
    return Optional.of(outputLimit).filter(name -> !name.isEmpty());
  }

  /**
   * The form of an endpoint.
   *
   * @throws IllegalArgumentException if it has none
   */
  static RequestForm of(String endpoint) {
    return Arrays.stream(values())
        .filter(form -> form.endpoint.equals(endpoint))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--endpoint must be one of "
                        + Arrays.stream(values())
                            .map(RequestForm::endpoint)
                            .collect(Collectors.joining(", "))
                        + ", not '"
                        + endpoint
                        + "'"));
  }
}
