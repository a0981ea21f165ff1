package io.promptbeam.batch;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A batch's 96 bits, few enough that the id of each of its jobs can carry them.
 *
 * @param hex 24 lower-case hexadecimal digits
 */
public record BatchId(String hex) {
  private static final Pattern VALID = Pattern.compile("[0-9a-f]{24}");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 12;

  public BatchId {
    if (!VALID.matcher(hex).matches()) {
      throw new IllegalArgumentException("a batch's id is 24 hexadecimal digits");
    }
  }

  public static BatchId random() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return new BatchId(HexFormat.of().formatHex(bytes));
  }

  /**
   * The id that every creation of {@code owner} under {@code key} gets, as for jobs.
   *
   * <p>Stored: do not change.
   */
  public static BatchId forIdempotencyKey(Owner owner, String key) {
    byte[] name =
        ("promptbeam/batch\0" + owner.name() + "\0" + key).getBytes(StandardCharsets.UTF_8);
    return new BatchId(HexFormat.of().formatHex(Sha256.of(name), 0, BYTES));
  }

  /** Of an id as callers write it, with its protocol's prefix. */
  public static Optional<BatchId> parse(String text, BatchProtocol protocol) {
    return text.startsWith(protocol.idPrefix())
        ? parseHex(text.substring(protocol.idPrefix().length()))
        : Optional.empty();
  }

  public static Optional<BatchId> parseHex(String hex) {
    return VALID.matcher(hex).matches() ? Optional.of(new BatchId(hex)) : Optional.empty();
  }

  /** As callers write it. */
  public String text(BatchProtocol protocol) {
    return protocol.idPrefix() + hex;
  }

  /** For logs. */
  @Override
  public String toString() {
    return "batch " + hex;
  }
}
