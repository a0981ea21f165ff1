package io.promptbeam.api.openai;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.FileId;
import java.util.Optional;

/**
 * The id of a file that is a view of a batch: made of the batch's, so that nothing needs to be
 * stored and it is known before there is a line in it.
 */
record OutputId(BatchId batch, Kind kind) {
  /** Which of a batch's lines. Callers keep the ids: do not change. */
  enum Kind {
    OUTPUT("-output"),
    ERROR("-error");

    private final String suffix;

    Kind(String suffix) {
      this.suffix = suffix;
    }
  }

  /** Of an id as callers write it. */
  static Optional<OutputId> parse(String text) {
    for (Kind kind : Kind.values()) {
      if (text.startsWith(FileId.PREFIX) && text.endsWith(kind.suffix)) {
        int end = text.length() - kind.suffix.length();
        return BatchId.parseHex(text.substring(Math.min(FileId.PREFIX.length(), end), end))
            .map(batch -> new OutputId(batch, kind));
      }
    }
    return Optional.empty();
  }

  /** As callers write it. */
  @Override
  public String toString() {
    return FileId.PREFIX + batch.hex() + kind.suffix;
  }
}
