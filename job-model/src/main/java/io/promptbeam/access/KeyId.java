package io.promptbeam.access;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names a key without giving anything of it away: the ring it belongs to, and its number there.
 *
 * @param ring {@link KeyRing#idOf}: 16 lower-case hexadecimal digits
 * @param number from 1
 */
public record KeyId(String ring, int number) {
  private static final Pattern TEXT = Pattern.compile("([0-9a-f]{16})-([1-9][0-9]{0,8})");

  public KeyId {
    if (!TEXT.matcher(text(ring, number)).matches()) {
      throw new IllegalArgumentException("a key's id is 16 hexadecimal digits and a number");
    }
  }

  public static Optional<KeyId> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(new KeyId(parts.group(1), Integer.parseInt(parts.group(2))))
        : Optional.empty();
  }

  private static String text(String ring, int number) {
    return ring + "-" + number;
  }

  /** As it stands in keys and paths. */
  @Override
  public String toString() {
    return text(ring, number);
  }
}
