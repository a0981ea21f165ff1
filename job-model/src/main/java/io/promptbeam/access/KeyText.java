package io.promptbeam.access;

import io.promptbeam.job.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A key as its holder sends it: {@code pb_ID_SECRET}, the secret being 32 random bytes. Its text
 * form does not show it.
 */
public final class KeyText {
  /** What scanners for leaked secrets look for. */
  public static final String PREFIX = "pb_";

  private static final int SECRET_BYTES = 32;
  private static final Pattern FORM =
      Pattern.compile(PREFIX + "([0-9a-f]{16}-[0-9]{1,9})_[A-Za-z0-9_-]{43}");

  private final KeyId id;
  private final String secret;

  private KeyText(KeyId id, String secret) {
    this.id = id;
    this.secret = secret;
  }

  /** A new one. */
  public static KeyText of(KeyId id, SecureRandom random) {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    return new KeyText(id, PREFIX + id + "_" + secret);
  }

  /** Empty for what cannot be a key of ours. */
  public static Optional<KeyText> parse(String text) {
    Matcher parts = FORM.matcher(text);
    return parts.matches()
        ? KeyId.parse(parts.group(1)).map(id -> new KeyText(id, text))
        : Optional.empty();
  }

  public KeyId id() {
    return id;
  }

  /** Of the whole text, 64 lower-case hexadecimal digits. */
  public String sha256() {
    return Sha256.hex(secret.getBytes(StandardCharsets.US_ASCII));
  }

  /** The text itself: for its holder, once. */
  public String reveal() {
    return secret;
  }

  @Override
  public String toString() {
    return PREFIX + id + "_...";
  }
}
