package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The human-readable part of a provider's error answer, without anything that looks like a key. Fit
 * for the job's owner; not for a log, since providers quote prompts in it.
 */
final class ProviderMessage {
  private static final int MAX_CHARS = 500;

  /** Below it a configured key is no secret, and replacing it would garble the message. */
  private static final int MIN_KEY_CHARS = 4;

  private static final String MASK = "[key]";
  private static final Pattern KEY =
      Pattern.compile(
          "(?i:bearer)\\s+[^\\s\"',;]+"
              + "|\\b(?:sk|pk|rk|gsk|xai|key|api|org|proj)[-_][A-Za-z0-9*._-]{6,}"
              + "|\\bAIza[A-Za-z0-9_-]{10,}"
              + "|\\bya29\\.[A-Za-z0-9._-]{6,}"
              + "|\\beyJ[A-Za-z0-9_-]{10,}(?:\\.[A-Za-z0-9_-]+)*");
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\s]+");

  private ProviderMessage() {}

  /** Empty when the answer has no message where providers put one. */
  static Optional<String> of(JsonNode answer, List<String> secrets) {
    return find(answer.isArray() ? answer.path(0) : answer)
        .map(message -> mask(message, secrets))
        .map(message -> CONTROL.matcher(message).replaceAll(" ").strip())
        .filter(message -> !message.isEmpty())
        .map(ProviderMessage::capped);
  }

  private static String capped(String message) {
    return message.length() <= MAX_CHARS ? message : message.substring(0, MAX_CHARS - 1) + "…";
  }

  private static Optional<String> find(JsonNode answer) {
    JsonNode error = answer.path("error");
    for (JsonNode candidate :
        new JsonNode[] {
          error.path("message"),
          error,
          answer.path("message"),
          answer.path("detail"),
          answer.path("detail").path(0).path("msg")
        }) {
      if (candidate.isTextual()) {
        return Optional.of(candidate.textValue());
      }
    }
    return Optional.empty();
  }

  private static String mask(String message, List<String> secrets) {
    String masked = message;
    for (String secret : secrets) {
      if (secret.length() >= MIN_KEY_CHARS) {
        masked = masked.replace(secret, MASK);
      }
    }
    return KEY.matcher(masked).replaceAll(MASK);
  }
}
