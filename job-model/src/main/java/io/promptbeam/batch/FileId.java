package io.promptbeam.batch;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A stored file's id.
 *
 * @param hex 24 lower-case hexadecimal digits
 */
public record FileId(String hex) {
  public static final String PREFIX = "file-";
  private static final Pattern VALID = Pattern.compile("[0-9a-f]{24}");

  public FileId {
    if (!VALID.matcher(hex).matches()) {
      throw new IllegalArgumentException("a file's id is 24 hexadecimal digits");
    }
  }

  public static FileId random() {
    return new FileId(BatchId.random().hex());
  }

  /** Of an id as callers write it. */
  public static Optional<FileId> parse(String text) {
    return text.startsWith(PREFIX) && VALID.matcher(text.substring(PREFIX.length())).matches()
        ? Optional.of(new FileId(text.substring(PREFIX.length())))
        : Optional.empty();
  }

  /** As callers write it. */
  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
