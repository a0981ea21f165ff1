package io.promptbeam.batch;

import io.promptbeam.job.JobId;
import java.util.Optional;
import java.util.UUID;

/**
 * A line of a batch. Its job's id carries both, so that its row is computed and not looked up.
 *
 * <p>Stored: do not change. A version 8 layout (RFC 9562): the batch's first 48 bits, the version,
 * 12 more, the variant, the last 36, and 26 for the line.
 *
 * @param number counted from 0
 */
public record BatchLine(BatchId batch, int number) {
  /** Lines whose rows lie together, and that are worked off as one. Stored: do not change. */
  public static final int PER_SEGMENT = 256;

  /** What the ids have room for; what a file may have is configured. */
  public static final int MAX_LINES = 1 << 25;

  private static final long VERSION = 0x8000L;
  private static final long VARIANT = 0x8000000000000000L;
  private static final int NUMBER_BITS = 26;
  private static final int OF_THE_BATCH = 1 << 25;

  public BatchLine {
    if (number < 0 || number >= MAX_LINES) {
      throw new IllegalArgumentException("a line's number is 0 to " + (MAX_LINES - 1));
    }
  }

  /** Empty for the id of a job that is in no batch. */
  public static Optional<BatchLine> of(JobId id) {
    return isVersion8(id) && number(id) < MAX_LINES
        ? Optional.of(new BatchLine(batch(id), number(id)))
        : Optional.empty();
  }

  /** The batch that {@link #dueIdOf} made {@code id} of. */
  public static Optional<BatchId> batchOfDueId(JobId id) {
    return isVersion8(id) && number(id) >= OF_THE_BATCH ? Optional.of(batch(id)) : Optional.empty();
  }

  /** An id no job has, under which the batch itself stands in the due index. */
  public static JobId dueIdOf(BatchId batch) {
    // The last digit decides on the bucket, so it is the batch's own.
    return id(batch, OF_THE_BATCH | Character.digit(batch.hex().charAt(23), 16));
  }

  /** The first line of a segment. */
  public static BatchLine first(BatchId batch, int segment) {
    return new BatchLine(batch, Math.multiplyExact(segment, PER_SEGMENT));
  }

  /** How many segments so many lines have. */
  public static int segments(int lines) {
    return (lines + PER_SEGMENT - 1) / PER_SEGMENT;
  }

  public int segment() {
    return number / PER_SEGMENT;
  }

  public JobId jobId() {
    return id(batch, number);
  }

  private static JobId id(BatchId batch, int number) {
    long first = Long.parseUnsignedLong(batch.hex().substring(0, 12), 16);
    long middle = Long.parseUnsignedLong(batch.hex().substring(12, 15), 16);
    long last = Long.parseUnsignedLong(batch.hex().substring(15, 24), 16);
    return new JobId(
        new UUID(first << 16 | VERSION | middle, VARIANT | last << NUMBER_BITS | number));
  }

  private static boolean isVersion8(JobId id) {
    return id.uuid().version() == 8 && id.uuid().variant() == 2;
  }

  private static int number(JobId id) {
    return (int) (id.uuid().getLeastSignificantBits() & ((1L << NUMBER_BITS) - 1));
  }

  private static BatchId batch(JobId id) {
    long high = id.uuid().getMostSignificantBits();
    long low = id.uuid().getLeastSignificantBits();
    return new BatchId(
        String.format(
            "%012x%03x%09x", high >>> 16, high & 0xFFF, (low & ~VARIANT) >>> NUMBER_BITS));
  }
}
