package io.promptbeam.catalog;

import java.util.Locale;
import java.util.Optional;

/** Whose API a model speaks. */
public enum ProviderKind {
  OPENAI,
  ANTHROPIC,
  GEMINI,
  SIMULATED;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<ProviderKind> parse(String wireName) {
    for (ProviderKind kind : values()) {
      if (kind.wireName().equals(wireName)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
