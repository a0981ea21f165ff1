package io.promptbeam.api.jobs;

import io.promptbeam.job.Owner;
import io.promptbeam.store.JobFilter;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Page tokens: the store's position, signed together with owner and filter, so that a token is good
 * for the list it came from and no other. Thread-safe.
 */
final class PageToken {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int MAC_BYTES = 16;
  private static final int MAX_TOKEN_CHARS = 2_048;

  private final SecretKeySpec key;

  /**
   * @param secret the same in every process that serves the same callers
   */
  PageToken(byte[] secret) {
    key = new SecretKeySpec(secret, ALGORITHM);
  }

  String encode(Owner owner, JobFilter filter, String position) {
    byte[] text = position.getBytes(StandardCharsets.UTF_8);
    byte[] mac = mac(owner, filter, text);
    byte[] token = Arrays.copyOf(mac, mac.length + text.length);
    System.arraycopy(text, 0, token, mac.length, text.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /** The store's position; empty when the token is not of this owner and filter. */
  Optional<String> decode(Owner owner, JobFilter filter, String token) {
    if (token.length() > MAX_TOKEN_CHARS) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (bytes.length < MAC_BYTES) {
      return Optional.empty();
    }
    byte[] text = Arrays.copyOfRange(bytes, MAC_BYTES, bytes.length);
    boolean ours = MessageDigest.isEqual(mac(owner, filter, text), Arrays.copyOf(bytes, MAC_BYTES));
    return ours ? Optional.of(new String(text, StandardCharsets.UTF_8)) : Optional.empty();
  }

  private byte[] mac(Owner owner, JobFilter filter, byte[] position) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      // A record's text names its components in order; NUL, which no owner has, parts the fields.
      mac.update((owner.name() + "\0" + filter + "\0").getBytes(StandardCharsets.UTF_8));
      return Arrays.copyOf(mac.doFinal(position), MAC_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }
}
