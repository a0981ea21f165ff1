package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.catalog.ProviderKind;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The calls of the providers' APIs that answer at once, and so can be jobs. */
enum NativeEndpoint {
  CHAT_COMPLETIONS("/v1/chat/completions", "messages"),
  RESPONSES("/v1/responses", "input"),
  EMBEDDINGS("/v1/embeddings", "input"),
  COMPLETIONS("/v1/completions", "prompt"),
  MESSAGES("/v1/messages", "messages"),
  GENERATE_CONTENT("generateContent", "contents");

  /** However the path names project and model: models.yaml decides on those. */
  private static final Pattern GENERATE_CONTENT_PATH =
      Pattern.compile("([A-Za-z0-9._/-]{0,300}:)?generateContent");

  private final String path;
  private final String inputField;

  NativeEndpoint(String path, String inputField) {
    this.path = path;
    this.inputField = inputField;
  }

  /** As jobs name it. Stored: do not change. */
  String path() {
    return path;
  }

  /** What a body cannot be without. */
  String inputField() {
    return inputField;
  }

  private boolean isOf(ProviderKind provider) {
    return switch (provider) {
      case OPENAI, SIMULATED -> this != MESSAGES && this != GENERATE_CONTENT;
      case ANTHROPIC -> this == MESSAGES;
      case GEMINI -> this == GENERATE_CONTENT;
    };
  }

  private static List<NativeEndpoint> of(ProviderKind provider) {
    return Arrays.stream(values()).filter(endpoint -> endpoint.isOf(provider)).toList();
  }

  /** The endpoint that a request names, if the provider has it. */
  static Optional<NativeEndpoint> parse(String path, ProviderKind provider) {
    return of(provider).stream()
        .filter(
            endpoint ->
                endpoint == GENERATE_CONTENT
                    ? GENERATE_CONTENT_PATH.matcher(path).matches()
                    : endpoint.path.equals(path))
        .findFirst();
  }

  /** The provider's endpoint that a body with such fields is for. */
  static Optional<NativeEndpoint> of(JsonNode body, ProviderKind provider) {
    Optional<NativeEndpoint> first =
        of(provider).stream().filter(endpoint -> body.hasNonNull(endpoint.inputField)).findFirst();
    boolean embeds = body.has("encoding_format") || body.has("dimensions");
    return first.map(found -> found == RESPONSES && embeds ? EMBEDDINGS : found);
  }

  static String names(ProviderKind provider) {
    return of(provider).stream()
        .map(
            endpoint ->
                endpoint == GENERATE_CONTENT
                    ? "/v1beta/models/MODEL:generateContent"
                    : endpoint.path)
        .collect(Collectors.joining(", "));
  }

  static String inputFields(ProviderKind provider) {
    return of(provider).stream()
        .map(endpoint -> endpoint.inputField)
        .distinct()
        .collect(Collectors.joining(" or "));
  }
}
