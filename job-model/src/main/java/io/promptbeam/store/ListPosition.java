package io.promptbeam.store;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Where a job stands in its owner's list: newest first, then by id, so that jobs of one millisecond
 * have an order too. As a page token it says where a page ended.
 *
 * @param createdMillis Unix milliseconds, 0 to {@link #MAX_MILLIS}
 */
record ListPosition(long createdMillis, JobId id) implements Comparable<ListPosition> {
  /** The last millisecond of 13 digits, in the year 2286. */
  static final long MAX_MILLIS = 9_999_999_999_999L;

  private static final Pattern TOKEN_TEXT = Pattern.compile("1:(\\d{1,13}):(.{36}):([0-9a-f]{8})");

  // Ids by their text, the way row keys are ordered; UUID's own order is signed.
  private static final Comparator<ListPosition> ORDER =
      Comparator.comparingLong(ListPosition::createdMillis)
          .reversed()
          .thenComparing(position -> position.id().toString());

  static ListPosition of(JobSpec spec) {
    return new ListPosition(millis(spec.createdAt()), spec.id());
  }

  /** Within what a position can say, and so what a range of rows can. */
  static long millis(Instant time) {
    long seconds = Math.max(0, Math.min(MAX_MILLIS / 1_000, time.getEpochSecond()));
    return seconds == time.getEpochSecond() ? time.toEpochMilli() : seconds * 1_000;
  }

  /** A token that goes on here in {@code filter}'s list of {@code owner}, and in no other list. */
  String toToken(Owner owner, JobFilter filter) {
    return encoded("1:" + createdMillis + ":" + id + ":" + fingerprint(owner, filter));
  }

  /** A token that begins before every job. */
  static String beginning(Owner owner, JobFilter filter) {
    return new ListPosition(MAX_MILLIS, new JobId(new UUID(0, 0))).toToken(owner, filter);
  }

  /** Throws {@link IllegalArgumentException} when {@code token} is none of this list's. */
  static ListPosition fromToken(String token, Owner owner, JobFilter filter) {
    Matcher text = TOKEN_TEXT.matcher(decoded(token));
    if (!text.matches() || !text.group(3).equals(fingerprint(owner, filter))) {
      throw malformed();
    }
    JobId id = JobId.parse(text.group(2)).orElseThrow(ListPosition::malformed);
    return new ListPosition(Long.parseLong(text.group(1)), id);
  }

  // Guards against mixing lists up, not against forgery: every list checks its owner by itself.
  static String fingerprint(Owner owner, JobFilter filter) {
    CRC32 crc = new CRC32();
    crc.update((owner + "\n" + filter).getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }

  static String encoded(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  static String decoded(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      throw malformed();
    }
  }

  static IllegalArgumentException malformed() {
    return new IllegalArgumentException("not a page token of this list");
  }

  @Override
  public int compareTo(ListPosition other) {
    return ORDER.compare(this, other);
  }
}
