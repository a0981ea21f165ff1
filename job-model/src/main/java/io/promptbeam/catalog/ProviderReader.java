package io.promptbeam.catalog;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** Reads where a model is served, and how its provider is spoken to. */
final class ProviderReader {
  static final List<String> FIELDS =
      List.of(
          "provider",
          "base_url",
          "api_key",
          "vertex",
          "stream",
          "max_output_tokens",
          "send_traceparent");

  private static final long MAX_OUTPUT_TOKENS = 10_000_000;
  private static final Pattern PROJECT = Pattern.compile("[a-z][a-z0-9.:-]{4,62}");
  private static final Pattern LOCATION = Pattern.compile("[a-z][a-z0-9-]{1,40}");
  private static final String KINDS = "openai, anthropic, gemini or simulated";

  private final YamlMapping fields;

  ProviderReader(YamlMapping fields) {
    this.fields = fields;
  }

  Optional<ProviderKind> kind() {
    Optional<String> name =
        fields.requiredText("provider", "write \"provider: openai\" or another of " + KINDS);
    Optional<ProviderKind> kind = name.flatMap(ProviderKind::parse);
    if (name.isPresent() && kind.isEmpty()) {
      fields.problem("provider", "must be " + KINDS);
    }
    return kind;
  }

  Optional<URI> baseUrl(ProviderKind kind) {
    if (kind == ProviderKind.SIMULATED) {
      refuse("base_url", kind);
      return Optional.empty();
    }
    if (kind != ProviderKind.OPENAI && !fields.has("base_url")) {
      return Optional.empty();
    }
    Optional<String> text =
        fields.requiredText("base_url", "give the API root, for example http://127.0.0.1:9100/v1");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> wrong = wrongWithUrl(text.get());
    wrong.ifPresent(message -> fields.problem("base_url", message));
    return wrong.isPresent() ? Optional.empty() : Optional.of(URI.create(text.get()));
  }

  /** Never repeats the URL, which may carry a password. */
  private static Optional<String> wrongWithUrl(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      return Optional.of("is not a URL; write one like https://api.example.com/v1");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return Optional.of("must begin with http:// or https://");
    }
    if (uri.getRawAuthority() != null && uri.getRawAuthority().indexOf('@') >= 0) {
      return Optional.of("must not hold a user name or password; put the key in api_key");
    }
    if (uri.getHost() == null) {
      return Optional.of("has no host name; write one like https://api.example.com/v1");
    }
    if (uri.getPort() == 0 || uri.getPort() > 0xFFFF) {
      return Optional.of("has a port that is not from 1 to 65535");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      return Optional.of("must end with its path, without ? or #");
    }
    return Optional.empty();
  }

  /**
   * Where the key is.
   *
   * @param kind empty when it could not be read
   */
  Optional<SecretReference> apiKey(Optional<ProviderKind> kind) {
    boolean simulated = kind.filter(ProviderKind.SIMULATED::equals).isPresent();
    if (simulated) {
      refuse("api_key", ProviderKind.SIMULATED);
      return Optional.empty();
    }
    if (fields.has("vertex") && fields.has("api_key")) {
      fields.problem("api_key", "does not go with vertex, which uses Google credentials");
    }
    Optional<String> text = fields.text("api_key");
    Optional<SecretReference> reference = text.flatMap(SecretReference::parse);
    if (text.isPresent() && reference.isEmpty()) {
      fields.problem(
          "api_key",
          "is not a reference and looks like a key itself: put it in a variable or a file and"
              + " write env:NAME, file:PATH or sm://PROJECT/SECRET");
    }
    return reference;
  }

  ProviderOptions options(ProviderKind kind) {
    if (kind != ProviderKind.GEMINI && fields.has("vertex")) {
      fields.problem("vertex", "only goes with \"provider: gemini\"; remove one of them");
    }
    return new ProviderOptions(
        fields.mapping("vertex", List.of("project", "location")).flatMap(ProviderReader::vertex),
        fields.flag("stream").orElse(false),
        fields
            .wholeNumber("max_output_tokens", 1, MAX_OUTPUT_TOKENS)
            .map(limit -> OptionalInt.of(Math.toIntExact(limit)))
            .orElse(OptionalInt.empty()),
        fields.flag("send_traceparent").orElse(false));
  }

  private static Optional<Vertex> vertex(YamlMapping given) {
    Optional<String> project = given.requiredText("project", "give the Google Cloud project's id");
    Optional<String> location =
        given.requiredText("location", "give a region such as europe-west4, or global");
    if (project.isPresent() && !PROJECT.matcher(project.get()).matches()) {
      given.problem("project", "is not a project's id");
      return Optional.empty();
    }
    if (location.isPresent() && !LOCATION.matcher(location.get()).matches()) {
      given.problem("location", "is not a region; write one such as europe-west4, or global");
      return Optional.empty();
    }
    return project.flatMap(p -> location.map(l -> new Vertex(p, l)));
  }

  private void refuse(String field, ProviderKind kind) {
    if (fields.has(field)) {
      fields.problem(field, "is not used by a " + kind.wireName() + " model; remove it");
    }
  }
}
