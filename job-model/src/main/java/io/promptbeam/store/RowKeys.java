package io.promptbeam.store;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.store.usage.UsageDay;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Every row key and its inverse. Keys are ASCII; {@code #} separates, since neither an owner's name
 * nor an id holds it.
 *
 * <p>Stored: do not change.
 */
final class RowKeys {
  /**
   * Rows that would otherwise grow at one end spread over so many ranges. One digit: 10 at most.
   */
  static final int BUCKETS = 8;

  private static final Pattern BY_OWNER =
      Pattern.compile("([^#]+)#(\\d)#(\\d{13})#([0-9a-f-]{36})");
  private static final Pattern DUE = Pattern.compile("(\\d)#(\\d{13})#([0-9a-f-]{36})");

  private static final Pattern NOTICE_DUE = Pattern.compile("([^#]+)#(\\d{13})#([^#]+)");

  private static final Pattern LINE = Pattern.compile("[0-9a-f]{4}#([0-9a-f]{24})#\\d{6}#(\\d{8})");
  private static final int MILLIS_DIGITS = 13;
  private static final int SEGMENT_DIGITS = 6;
  private static final int LINE_DIGITS = 8;

  /** In {@code api_keys}: after the rings. */
  static final String KEY_RINGS_END = "ring$";

  /** In {@code api_keys}: beside the rings. */
  static final String SHARED_SECRET = "secret";

  private RowKeys() {}

  /** In {@code api_keys}. */
  static String keyRing(String id) {
    return "ring#" + id;
  }

  /**
   * In {@code jobs}: the id alone, for ids are random or hashed and spread by themselves. Lines of
   * a batch lie together by segment, and segments spread.
   */
  static String job(JobId id) {
    Optional<BatchLine> line = BatchLine.of(id);
    return line.isEmpty()
        ? id.toString()
        : segmentPrefix(line.get().batch(), line.get().segment())
            + digits(line.get().number(), LINE_DIGITS);
  }

  static Optional<JobId> parseJob(String key) {
    Matcher line = LINE.matcher(key);
    return line.matches()
        ? BatchId.parseHex(line.group(1))
            .map(batch -> new BatchLine(batch, Integer.parseInt(line.group(2))).jobId())
        : JobId.parse(key);
  }

  /** Before the keys of a segment's lines. */
  static String segmentPrefix(BatchId batch, int segment) {
    String name = batch.hex() + "#" + digits(segment, SEGMENT_DIGITS);
    CRC32 hash = new CRC32();
    hash.update(name.getBytes(StandardCharsets.US_ASCII));
    return String.format(Locale.ROOT, "%04x#%s#", hash.getValue() & 0xFFFF, name);
  }

  /** After the keys of a segment's lines. */
  static String segmentEnd(BatchId batch, int segment) {
    String prefix = segmentPrefix(batch, segment);
    return prefix.substring(0, prefix.length() - 1) + "$";
  }

  /** In {@code batches}, where it also names a segment's column. */
  static String batch(BatchId id) {
    return id.hex();
  }

  /** In {@code batch_plans}; a batch's lie together. */
  static String plan(BatchId batch, int segment) {
    return planPrefix(batch) + digits(segment, SEGMENT_DIGITS);
  }

  static String planPrefix(BatchId batch) {
    return batch.hex() + "#";
  }

  static String planEnd(BatchId batch) {
    return batch.hex() + "$";
  }

  /** The number that a plan's key, or a segment's column, ends with. */
  static int segmentOf(String key) {
    return Integer.parseInt(key.substring(key.length() - SEGMENT_DIGITS));
  }

  static String segmentColumn(int segment) {
    return digits(segment, SEGMENT_DIGITS);
  }

  /** In {@code batches_by_owner}: newest first. */
  static String batchByOwner(BatchSpec spec) {
    return batchesPrefix(spec.owner(), spec.protocol())
        + reversed(ListPosition.millis(spec.createdAt()))
        + "#"
        + spec.id().hex();
  }

  static String batchesPrefix(Owner owner, BatchProtocol protocol) {
    return owner + "#" + protocol.wireName() + "#";
  }

  static String batchesEnd(Owner owner, BatchProtocol protocol) {
    return owner + "#" + protocol.wireName() + "$";
  }

  /** The id that a key in {@code batches_by_owner} or {@code files_by_owner} ends with. */
  static String hexOf(String key) {
    return key.substring(key.lastIndexOf('#') + 1);
  }

  /** In {@code files}. */
  static String file(FileId id) {
    return id.hex();
  }

  /** In {@code files_by_owner}: newest first. */
  static String fileByOwner(StoredFile file) {
    return filesPrefix(file.owner())
        + reversed(ListPosition.millis(file.createdAt()))
        + "#"
        + file.id().hex();
  }

  static String filesPrefix(Owner owner) {
    return owner + "#";
  }

  static String filesEnd(Owner owner) {
    return owner + "$";
  }

  /** In {@code file_chunks}; a file's lie together. */
  static String chunk(FileId id, int index) {
    return id.hex() + "#" + digits(index, LINE_DIGITS);
  }

  /** In {@code jobs_by_owner}: within a bucket the newest comes first. */
  static String byOwner(Owner owner, ListPosition position) {
    return byOwnerAt(owner, bucket(position.id()), position);
  }

  /** Where in {@code bucket} a job of that position stands, or would stand. */
  static String byOwnerAt(Owner owner, int bucket, ListPosition position) {
    return byOwnerFrom(owner, bucket, position.createdMillis()) + "#" + position.id();
  }

  static Optional<ListPosition> parseByOwner(String key) {
    Matcher parts = BY_OWNER.matcher(key);
    if (!parts.matches()) {
      return Optional.empty();
    }
    long millis = ListPosition.MAX_MILLIS - Long.parseLong(parts.group(3));
    return JobId.parse(parts.group(4)).map(id -> new ListPosition(millis, id));
  }

  /** Before every key of the owner's in {@code bucket}. */
  static String byOwnerPrefix(Owner owner, int bucket) {
    return owner + "#" + bucket + "#";
  }

  /** Before the keys of that millisecond and older, after those of younger jobs. */
  static String byOwnerFrom(Owner owner, int bucket, long createdMillis) {
    return byOwnerPrefix(owner, bucket) + reversed(createdMillis);
  }

  /** After the keys of that millisecond and younger, before those of older jobs. */
  static String byOwnerThrough(Owner owner, int bucket, long createdMillis) {
    return byOwnerFrom(owner, bucket, createdMillis) + "$";
  }

  /** After every key of the owner's in {@code bucket}. */
  static String byOwnerEnd(Owner owner, int bucket) {
    return owner + "#" + bucket + "$";
  }

  /** In {@code jobs_due}: within a bucket the longest due comes first. */
  static String due(DueEntry entry) {
    return duePrefix(entry.bucket()) + digits(entry.at().toEpochMilli()) + "#" + entry.jobId();
  }

  /** After every key in {@code bucket} that is due at {@code until} or earlier. */
  static String dueAt(int bucket, Instant until) {
    long millis = Math.max(0, Math.min(ListPosition.MAX_MILLIS, until.toEpochMilli()));
    return duePrefix(bucket) + digits(millis) + "$";
  }

  /** In {@code answers}: hashes only, so keys spread and tell nothing. */
  static String answer(AnswerKey key) {
    return key.ownerHash() + "#" + key.requestHash();
  }

  /** In {@code notices}: hashed, so keys spread. */
  static String notice(String key) {
    return key;
  }

  /** In {@code notices_due}: a lane's lie together, the longest due first. */
  static String noticeDue(DueNotice entry) {
    return noticesPrefix(entry.lane()) + digits(entry.at().toEpochMilli()) + "#" + entry.key();
  }

  static String noticesPrefix(NoticeLane lane) {
    return lane + "#";
  }

  /** After those of the lane's keys that are due at {@code until} or earlier. */
  static String noticesUntil(NoticeLane lane, Instant until) {
    long millis = Math.max(0, Math.min(ListPosition.MAX_MILLIS, until.toEpochMilli()));
    return noticesPrefix(lane) + digits(millis) + "$";
  }

  /** After every key of the lane's. */
  static String noticesEnd(NoticeLane lane) {
    return lane + "$";
  }

  static Optional<DueNotice> parseNoticeDue(String key) {
    Matcher parts = NOTICE_DUE.matcher(key);
    if (!parts.matches()) {
      return Optional.empty();
    }
    Instant at = Instant.ofEpochMilli(Long.parseLong(parts.group(2)));
    return Optional.of(new DueNotice(new NoticeLane(parts.group(1)), at, parts.group(3)));
  }

  /** Before every key in {@code bucket}. */
  static String duePrefix(int bucket) {
    return bucket + "#";
  }

  static Optional<DueEntry> parseDue(String key) {
    Matcher parts = DUE.matcher(key);
    if (!parts.matches()) {
      return Optional.empty();
    }
    Instant at = Instant.ofEpochMilli(Long.parseLong(parts.group(2)));
    return JobId.parse(parts.group(3)).map(id -> new DueEntry(id, at));
  }

  /** In {@code usage}: an owner's days lie together, in order. */
  static String usage(UsageDay day) {
    return day.owner() + "#" + day.day();
  }

  /** In {@code usage}: beside the owners' rows, whose keys never begin so. */
  static String usersOf(LocalDate day) {
    return "#" + day;
  }

  static Optional<UsageDay> parseUsage(String key) {
    int end = key.indexOf('#');
    try {
      return Optional.of(
          new UsageDay(new Owner(key.substring(0, end)), LocalDate.parse(key.substring(end + 1))));
    } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException e) {
      return Optional.empty();
    }
  }

  static int bucket(JobId id) {
    // The last hex digits, which every kind of id we make varies in.
    return (int) (id.uuid().getLeastSignificantBits() & (BUCKETS - 1));
  }

  private static String reversed(long millis) {
    return digits(ListPosition.MAX_MILLIS - millis);
  }

  private static String digits(long millis) {
    return digits(millis, MILLIS_DIGITS);
  }

  private static String digits(long number, int width) {
    String text = Long.toString(number);
    return "0".repeat(width - text.length()) + text;
  }
}
