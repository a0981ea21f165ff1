package io.promptbeam.catalog;

import io.promptbeam.catalog.Webhook.Subject;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** Reads an owner's webhook. */
final class WebhookReader {
  private static final int MAX_URL = 2_000;
  private static final String EXAMPLE = "write one like https://example.com/hooks/promptbeam";

  private WebhookReader() {}

  /**
   * Empty when there is none, or when it is not as it should be.
   *
   * @param allowPrivate whether this file allows targets inside
   */
  static Optional<Webhook> read(YamlMapping owner, boolean allowPrivate) {
    return owner
        .mapping("webhook", List.of("url", "secret", "events"))
        .flatMap(fields -> webhook(fields, allowPrivate));
  }

  private static Optional<Webhook> webhook(YamlMapping fields, boolean allowPrivate) {
    Optional<URI> url = url(fields, allowPrivate);
    Optional<SecretReference> secret = secret(fields);
    Set<Subject> subjects = subjects(fields);
    return url.isPresent() && secret.isPresent() && !subjects.isEmpty()
        ? Optional.of(new Webhook(url.get(), secret.get(), subjects, allowPrivate))
        : Optional.empty();
  }

  private static Optional<URI> url(YamlMapping fields, boolean allowPrivate) {
    Optional<String> text = fields.requiredText("url", EXAMPLE);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> wrong = wrongWith(text.get(), allowPrivate);
    wrong.ifPresent(message -> fields.problem("url", message));
    return wrong.isPresent() ? Optional.empty() : Optional.of(URI.create(text.get()));
  }

  /** Never repeats the URL, whose path or query may be a secret. */
  private static Optional<String> wrongWith(String text, boolean allowPrivate) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      return Optional.of("is not a URL; " + EXAMPLE);
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (scheme.equals("http") && !allowPrivate) {
      return Optional.of(
          "must begin with https://; http:// only goes with \"webhook_allow_private: true\"");
    }
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return Optional.of("must begin with https://");
    }
    if (uri.getRawAuthority() != null && uri.getRawAuthority().indexOf('@') >= 0) {
      return Optional.of("must not hold a user name or password; receivers check the signature");
    }
    if (uri.getHost() == null) {
      return Optional.of("has no host name; " + EXAMPLE);
    }
    if (uri.getPort() == 0 || uri.getPort() > 0xFFFF) {
      return Optional.of("has a port that is not from 1 to 65535");
    }
    if (uri.getRawFragment() != null) {
      return Optional.of("must not have a part after #");
    }
    return text.length() > MAX_URL
        ? Optional.of("is longer than " + MAX_URL + " characters")
        : Optional.empty();
  }

  private static Optional<SecretReference> secret(YamlMapping fields) {
    Optional<String> text = fields.requiredText("secret", "say where it is: env:NAME or file:PATH");
    Optional<SecretReference> reference = text.flatMap(SecretReference::parse);
    if (text.isPresent() && reference.isEmpty()) {
      fields.problem(
          "secret", "must say where the secret is, env:NAME or file:PATH, and not be the secret");
    }
    return reference;
  }

  private static Set<Subject> subjects(YamlMapping fields) {
    if (!fields.has("events")) {
      return EnumSet.of(Subject.BATCH);
    }
    Optional<List<Node>> names = fields.list("events");
    Set<Subject> subjects = EnumSet.noneOf(Subject.class);
    for (Node node : names.orElse(List.of())) {
      String name = node instanceof ScalarNode scalar ? scalar.getValue() : "";
      Optional<Subject> subject =
          switch (name) {
            case "batch" -> Optional.of(Subject.BATCH);
            case "job" -> Optional.of(Subject.JOB);
            default -> Optional.empty();
          };
      if (subject.filter(subjects::add).isEmpty()) {
        fields.problem("events", "must be a list of batch and job, each at most once");
        return Set.of();
      }
    }
    if (subjects.isEmpty() && names.isPresent()) {
      fields.problem("events", "is empty; write [batch], [job] or [batch, job]");
    }
    return subjects;
  }
}
