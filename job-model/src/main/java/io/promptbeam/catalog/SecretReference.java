package io.promptbeam.catalog;

import java.util.Optional;
import java.util.regex.Pattern;

/** Where a secret is: never the secret, so it may be printed, stored and sent. */
public sealed interface SecretReference {
  /** As models.yaml has it; {@link #parse} reads it back. */
  String text();

  /** {@code env:NAME}. */
  record Env(String name) implements SecretReference {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

    @Override
    public String text() {
      return "env:" + name;
    }
  }

  /** {@code file:PATH}; the content without surrounding white space. */
  record File(String path) implements SecretReference {
    @Override
    public String text() {
      return "file:" + path;
    }
  }

  /** {@code sm://PROJECT/SECRET[/VERSION]} of Secret Manager. */
  record SecretManager(String resource) implements SecretReference {
    private static final Pattern RESOURCE =
        Pattern.compile("[a-z][a-z0-9.:-]{2,62}/[A-Za-z0-9_-]{1,255}(/(latest|[0-9]{1,9}))?");

    /** As the service wants it; the latest version where none is named. */
    String versionName() {
      String[] parts = resource.split("/", -1);
      return "projects/%s/secrets/%s/versions/%s"
          .formatted(parts[0], parts[1], parts.length > 2 ? parts[2] : "latest");
    }

    @Override
    public String text() {
      return "sm://" + resource;
    }
  }

  /** Empty when {@code text} is no reference; it may then be the secret itself: do not show it. */
  static Optional<SecretReference> parse(String text) {
    if (text.startsWith("env:")) {
      String name = text.substring("env:".length());
      return Env.NAME.matcher(name).matches() ? Optional.of(new Env(name)) : Optional.empty();
    }
    if (text.startsWith("file:")) {
      String path = text.substring("file:".length());
      return path.isBlank() ? Optional.empty() : Optional.of(new File(path));
    }
    if (text.startsWith("sm://")) {
      String resource = text.substring("sm://".length());
      return SecretManager.RESOURCE.matcher(resource).matches()
          ? Optional.of(new SecretManager(resource))
          : Optional.empty();
    }
    return Optional.empty();
  }
}
