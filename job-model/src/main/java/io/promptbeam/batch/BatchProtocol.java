package io.promptbeam.batch;

import java.util.Arrays;
import java.util.Optional;

/** Whose protocol a batch was created by, and is answered in. */
public enum BatchProtocol {
  OPENAI("openai", "batch_"),
  ANTHROPIC("anthropic", "msgbatch_");

  private final String wireName;
  private final String idPrefix;

  BatchProtocol(String wireName, String idPrefix) {
    this.wireName = wireName;
    this.idPrefix = idPrefix;
  }

  /** Stored: do not change. */
  public String wireName() {
    return wireName;
  }

  public String idPrefix() {
    return idPrefix;
  }

  public static Optional<BatchProtocol> parse(String wireName) {
    return Arrays.stream(values()).filter(p -> p.wireName.equals(wireName)).findFirst();
  }
}
