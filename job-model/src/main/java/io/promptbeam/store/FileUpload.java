package io.promptbeam.store;

import io.promptbeam.batch.FileId;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Stores a file as its bytes come, in pieces that end with a line wherever one ends in time. Blocks
 * while several pieces are on their way; fails with {@link StoreUnavailableException}. Not
 * thread-safe. The file is not there until {@link FileStore#complete}.
 */
public final class FileUpload extends OutputStream {
  private static final int PIECE_BYTES = 1_000_000;
  private static final int ON_THEIR_WAY = 4;

  private final FileStore store;
  private final FileId id;
  private final Deque<CompletableFuture<Void>> writing = new ArrayDeque<>();
  private byte[] piece = new byte[PIECE_BYTES];
  private int filled;
  private int chunks;
  private long bytes;

  public FileUpload(FileStore store, FileId id) {
    this.store = store;
    this.id = id;
  }

  @Override
  public void write(int one) {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    int done = 0;
    while (done < length) {
      if (filled == piece.length) {
        makeRoom();
      }
      int count = Math.min(length - done, piece.length - filled);
      System.arraycopy(from, offset + done, piece, filled, count);
      filled += count;
      done += count;
    }
    bytes += length;
  }

  /** Sends the whole lines there are; a line that is longer gets a longer piece, up to a limit. */
  private void makeRoom() {
    int end = filled;
    while (end > 0 && piece[end - 1] != '\n') {
      end--;
    }
    if (end > 0) {
      send(end);
    } else if (piece.length < FileStore.MAX_CHUNK_BYTES) {
      piece = Arrays.copyOf(piece, Math.min(piece.length * 2, FileStore.MAX_CHUNK_BYTES));
    } else {
      send(filled);
    }
  }

  private void send(int end) {
    if (writing.size() == ON_THEIR_WAY) {
      await(writing.remove());
    }
    writing.add(store.putChunk(id, chunks++, Arrays.copyOf(piece, end)));
    byte[] next = new byte[Math.max(PIECE_BYTES, filled - end)];
    System.arraycopy(piece, end, next, 0, filled - end);
    filled -= end;
    piece = next;
  }

  private static void await(CompletableFuture<Void> write) {
    try {
      write.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreUnavailableException cause ? cause : e;
    }
  }

  /** Sends what is left, and returns when all pieces are stored. */
  @Override
  public void close() {
    if (filled > 0) {
      send(filled);
    }
    while (!writing.isEmpty()) {
      await(writing.remove());
    }
  }

  public long bytes() {
    return bytes;
  }

  /** Pieces, once closed. */
  public int chunks() {
    return chunks;
  }
}
