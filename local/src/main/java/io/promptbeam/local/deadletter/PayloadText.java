package io.promptbeam.local.deadletter;

import com.google.protobuf.ByteString;

/** A payload's beginning, as text that does a terminal no harm. */
public final class PayloadText {
  private static final int SHOWN_BYTES = 500;

  private PayloadText() {}

  /** The first bytes, read as UTF-8, and how much there is when that is not all. */
  public static String beginning(ByteString payload) {
    if (payload.size() <= SHOWN_BYTES) {
      return escaped(payload.toStringUtf8());
    }
    int end = SHOWN_BYTES;
    while (end > SHOWN_BYTES - 4 && (payload.byteAt(end) & 0xC0) == 0x80) {
      end--; // not within a character
    }
    return escaped(payload.substring(0, end).toStringUtf8())
        + String.format("… (%,d of %,d bytes)", end, payload.size());
  }

  /** With control and formatting characters as in Java source. */
  public static String escaped(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              if (c == '\n') {
                shown.append("\\n");
              } else if (c == '\t') {
                shown.append("\\t");
              } else if (c == '\r') {
                shown.append("\\r");
              } else if (type == Character.CONTROL
                  || type == Character.FORMAT
                  || type == Character.LINE_SEPARATOR
                  || type == Character.PARAGRAPH_SEPARATOR) {
                shown.append(String.format("\\u%04x", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.toString();
  }
}
