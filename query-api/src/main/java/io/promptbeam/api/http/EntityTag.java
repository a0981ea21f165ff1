package io.promptbeam.api.http;

import io.promptbeam.job.Sha256;
import java.util.Arrays;
import java.util.Base64;

/** Entity tags (RFC 9110). Strong ones are made of the answer's bytes: equal when those are. */
public final class EntityTag {
  private static final int TAG_BYTES = 15;

  /** Not of the alphabet of the hash. */
  private static final char GIST = '.';

  private EntityTag() {}

  /** With its quotes, as the header has it. */
  public static String of(byte[] body) {
    byte[] tag = Arrays.copyOf(Sha256.of(body), TAG_BYTES);
    return '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(tag) + '"';
  }

  /**
   * A weak tag for an answer that has a part which changes all the time.
   *
   * @param stable tag of the rest of the answer
   * @param gist what counts of the changing part: letters, digits and {@code _ - ?}
   */
  public static String weak(String stable, String gist) {
    return "W/" + stable.substring(0, stable.length() - 1) + GIST + gist + '"';
  }

  /** Whether an {@code If-None-Match} names {@code tag}; its comparison is the weak one. */
  public static boolean matches(String ifNoneMatch, String tag) {
    String wanted = opaque(tag);
    for (String candidate : ifNoneMatch.split(",", -1)) {
      String name = candidate.trim();
      if (name.equals("*") || opaque(name).equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  /** Whether an {@code If-None-Match} names {@code stable}, alone or with any gist. */
  public static boolean matchesStable(String ifNoneMatch, String stable) {
    for (String candidate : ifNoneMatch.split(",", -1)) {
      String name = opaque(candidate.trim());
      int gist = name.indexOf(GIST);
      if (matches(gist < 0 ? name : name.substring(0, gist) + '"', stable)) {
        return true;
      }
    }
    return false;
  }

  private static String opaque(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }
}
