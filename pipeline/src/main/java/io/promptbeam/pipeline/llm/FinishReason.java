package io.promptbeam.pipeline.llm;

import java.util.Locale;

/** Why a provider stopped writing, in one vocabulary for all providers. */
public enum FinishReason {
  STOP,
  LENGTH,
  CONTENT_FILTER,
  TOOL_CALLS,
  OTHER;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
