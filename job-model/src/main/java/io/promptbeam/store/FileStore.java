package io.promptbeam.store;

import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Files in pieces. A file is there once {@link #complete} is done; pieces of one that never was are
 * collected as old cells are. Thread-safe, never blocks; futures fail as those of {@link JobStore}.
 */
public interface FileStore {
  /** Longer pieces are refused. */
  int MAX_CHUNK_BYTES = 8_000_000;

  /**
   * Writes a piece.
   *
   * @param index counted from 0
   */
  CompletableFuture<Void> putChunk(FileId id, int index, byte[] bytes);

  /** Makes the file known, once its pieces are written. */
  CompletableFuture<Void> complete(StoredFile file);

  /** Empty when it is expired, too. */
  CompletableFuture<Optional<StoredFile>> read(FileId id);

  /** A piece; fails when it is not there. */
  CompletableFuture<byte[]> chunk(FileId id, int index);

  /**
   * An owner's files.
   *
   * @param purpose only those
   * @param newestFirst else oldest first
   * @param after only those that come after this one; an id of nobody's gives nothing
   */
  CompletableFuture<List<StoredFile>> list(
      Owner owner,
      Optional<String> purpose,
      boolean newestFirst,
      Optional<FileId> after,
      int limit);

  /** Removes the file and its pieces. */
  CompletableFuture<Void> delete(StoredFile file);
}
