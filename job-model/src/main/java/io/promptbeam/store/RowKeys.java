package io.promptbeam.store;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.store.usage.UsageDay;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  private RowKeys() {}

  /** In {@code jobs}: the id alone. Ids are random or hashed, so they spread by themselves. */
  static String job(JobId id) {
    return id.toString();
  }

  static Optional<JobId> parseJob(String key) {
    return JobId.parse(key);
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
    String text = Long.toString(millis);
    return "0".repeat(13 - text.length()) + text;
  }
}
