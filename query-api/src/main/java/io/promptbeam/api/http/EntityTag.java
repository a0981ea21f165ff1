package io.promptbeam.api.http;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/** Strong entity tags (RFC 9110), made of the answer's bytes: equal exactly when those are. */
public final class EntityTag {
  private static final int TAG_BYTES = 15;

  private EntityTag() {}

  /** With its quotes, as the header has it. */
  public static String of(byte[] body) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
      byte[] tag = Arrays.copyOf(hash, TAG_BYTES);
      return '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(tag) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Whether an {@code If-None-Match} names {@code tag}; its comparison is the weak one. */
  public static boolean matches(String ifNoneMatch, String tag) {
    for (String candidate : ifNoneMatch.split(",", -1)) {
      String name = candidate.trim();
      if (name.equals("*") || (name.startsWith("W/") ? name.substring(2) : name).equals(tag)) {
        return true;
      }
    }
    return false;
  }
}
