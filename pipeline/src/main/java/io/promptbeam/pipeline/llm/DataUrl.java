package io.promptbeam.pipeline.llm;

import java.util.Optional;

/** A {@code data:} URL with base64 content (RFC 2397). */
record DataUrl(String mediaType, String base64) {
  private static final String START = "data:";
  private static final String ENCODING = ";base64";

  /** Empty when {@code url} is another kind of URL. */
  static Optional<DataUrl> parse(String url) {
    int comma = url.indexOf(',');
    if (!url.startsWith(START) || comma < 0) {
      return Optional.empty();
    }
    String head = url.substring(START.length(), comma);
    if (!head.endsWith(ENCODING)) {
      return Optional.empty();
    }
    String type = head.substring(0, head.length() - ENCODING.length());
    int parameters = type.indexOf(';');
    return Optional.of(
        new DataUrl(
            parameters < 0 ? type : type.substring(0, parameters), url.substring(comma + 1)));
  }
}
