package io.promptbeam.job;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** A job's UUID. Random for a plain submission, derived for one with an idempotency key. */
public record JobId(UUID uuid) {
  private static final Pattern CANONICAL =
      Pattern.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");

  public static JobId random() {
    return new JobId(UUID.randomUUID());
  }

  /** Empty when {@code text} is not a UUID in its 36-character form. */
  public static Optional<JobId> parse(String text) {
    return CANONICAL.matcher(text).matches()
        ? Optional.of(new JobId(UUID.fromString(text)))
        : Optional.empty();
  }

  /**
   * The id every submission of {@code owner} under {@code key} gets, so that the store's
   * create-if-absent is what makes the key idempotent: no second row can disagree with the first.
   *
   * <p>Stored: do not change. A version 5 layout (name based, RFC 9562) over SHA-256.
   */
  public static JobId forIdempotencyKey(Owner owner, String key) {
    return nameBased("promptbeam/idempotency\0" + owner.name() + "\0" + key);
  }

  /**
   * The id of the job that repeats {@code original}, however often that is asked for: one job can
   * be followed by one other only, for the same reason that makes keys idempotent. Never the id of
   * a key.
   *
   * <p>Stored: do not change. The same layout as {@link #forIdempotencyKey}.
   */
  public static JobId forRetryOf(Owner owner, JobId original) {
    return nameBased("promptbeam/retry\0" + owner.name() + "\0" + original);
  }

  private static JobId nameBased(String name) {
    byte[] hash = sha256(name);
    ByteBuffer bits = ByteBuffer.wrap(hash);
    long high = (bits.getLong() & ~0xF000L) | 0x5000L;
    long low = (bits.getLong() & 0x3FFFFFFFFFFFFFFFL) | 0x8000000000000000L;
    return new JobId(new UUID(high, low));
  }

  private static byte[] sha256(String text) {
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return uuid.toString();
  }
}
