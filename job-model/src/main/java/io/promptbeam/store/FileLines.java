package io.promptbeam.store;

import io.promptbeam.batch.StoredFile;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A stored file line by line, with the next piece read ahead. A line ends with LF or CRLF, the last
 * one with the file, too; lines of white space alone are passed over and keep their numbers.
 * Blocks; fails with {@link StoreUnavailableException}. Not thread-safe.
 */
public final class FileLines {
  /**
   * A line.
   *
   * @param number in the file, counted from 1
   * @param bytes without its end; empty when it is longer than a job's request may be
   */
  public record Line(int number, Optional<byte[]> bytes) {}

  private static final int MAX_LINE_BYTES = JobStore.MAX_REQUEST_BYTES + 1_000_000;

  private final FileStore store;
  private final StoredFile file;
  private @Nullable CompletableFuture<byte[]> ahead;
  private byte[] piece = {};
  private int next;
  private int pieces;
  private int number;

  public FileLines(FileStore store, StoredFile file) {
    this.store = store;
    this.file = file;
  }

  /** Empty at the end of the file. */
  public Optional<Line> next() {
    while (true) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      boolean tooLong = false;
      boolean any = false;
      boolean ended = false;
      while (!ended) {
        if (next == piece.length && !nextPiece()) {
          break;
        }
        any = true;
        int end = next;
        while (end < piece.length && piece[end] != '\n') {
          end++;
        }
        tooLong |= line.size() + end - next > MAX_LINE_BYTES;
        if (!tooLong) {
          line.write(piece, next, end - next);
        }
        ended = end < piece.length;
        next = ended ? end + 1 : end;
      }
      if (!any) {
        return Optional.empty();
      }
      number++;
      byte[] bytes = withoutReturn(line.toByteArray());
      if (tooLong || !isBlank(bytes)) {
        return Optional.of(new Line(number, tooLong ? Optional.empty() : Optional.of(bytes)));
      }
    }
  }

  private boolean nextPiece() {
    if (pieces == file.chunks()) {
      return false;
    }
    CompletableFuture<byte[]> now = ahead == null ? store.chunk(file.id(), pieces) : ahead;
    pieces++;
    ahead = pieces < file.chunks() ? store.chunk(file.id(), pieces) : null;
    try {
      piece = now.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreUnavailableException cause ? cause : e;
    }
    next = 0;
    return true;
  }

  private static byte[] withoutReturn(byte[] line) {
    boolean has = line.length > 0 && line[line.length - 1] == '\r';
    return has ? Arrays.copyOf(line, line.length - 1) : line;
  }

  private static boolean isBlank(byte[] line) {
    for (byte each : line) {
      if (each != ' ' && each != '\t' && each != '\r') {
        return false;
      }
    }
    return true;
  }
}
