package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.cloud.bigtable.data.v2.models.RowMutationEntry;
import com.google.cloud.bigtable.data.v2.models.TableId;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The tables {@code files}, {@code files_by_owner} and {@code file_chunks}. */
final class BigtableFileStore implements FileStore {
  private static final ByteString PRESENT = ByteString.copyFromUtf8("{}");
  private static final int ROWS_PER_BULK = 1_000;

  private final BigtableCalls calls;
  private final Clock clock;

  BigtableFileStore(BigtableCalls calls, Clock clock) {
    this.calls = calls;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<Void> putChunk(FileId id, int index, byte[] bytes) {
    if (bytes.length > MAX_CHUNK_BYTES) {
      throw new IllegalArgumentException("a piece has at most " + MAX_CHUNK_BYTES + " bytes");
    }
    return put(
        BigtableSchema.FILE_CHUNKS,
        RowKeys.chunk(id, index),
        UnsafeByteOperations.unsafeWrap(bytes));
  }

  @Override
  public CompletableFuture<Void> complete(StoredFile file) {
    ByteString json = UnsafeByteOperations.unsafeWrap(BatchJson.encode(file));
    CompletableFuture<Void> listed =
        file.listed()
            ? put(BigtableSchema.FILES_BY_OWNER, RowKeys.fileByOwner(file), PRESENT)
            : CompletableFuture.completedFuture(null);
    return listed.thenCompose(done -> put(BigtableSchema.FILES, RowKeys.file(file.id()), json));
  }

  private CompletableFuture<Void> put(TableId table, String key, ByteString value) {
    return BigtableCalls.translated(
        calls.mutate(
            RowMutation.create(table, key)
                .deleteRow()
                .setCell(
                    BigtableSchema.ENTRY,
                    BigtableSchema.JSON,
                    Math.multiplyExact(clock.millis(), 1_000L),
                    value)));
  }

  @Override
  public CompletableFuture<Optional<StoredFile>> read(FileId id) {
    return readAll(List.of(id)).thenApply(found -> found.stream().findFirst());
  }

  private CompletableFuture<List<StoredFile>> readAll(List<FileId> ids) {
    if (ids.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    Query query = Query.create(BigtableSchema.FILES).filter(Cells.NEWEST);
    ids.forEach(id -> query.rowKey(RowKeys.file(id)));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows ->
                    rows.stream()
                        .map(row -> BatchJson.decodeFile(value(row)))
                        .filter(
                            file ->
                                file.expiresAt()
                                    .filter(at -> !clock.instant().isBefore(at))
                                    .isEmpty())
                        .toList()));
  }

  @Override
  public CompletableFuture<byte[]> chunk(FileId id, int index) {
    Query query =
        Query.create(BigtableSchema.FILE_CHUNKS)
            .rowKey(RowKeys.chunk(id, index))
            .filter(Cells.NEWEST);
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows -> {
                  if (rows.isEmpty()) {
                    throw new IllegalStateException("a piece of " + id + " is gone");
                  }
                  return value(rows.get(0));
                }));
  }

  private static byte[] value(Row row) {
    return row.getCells().get(0).getValue().toByteArray();
  }

  @Override
  public CompletableFuture<List<StoredFile>> list(
      Owner owner,
      Optional<String> purpose,
      boolean newestFirst,
      Optional<FileId> after,
      int limit) {
    Query query =
        Query.create(BigtableSchema.FILES_BY_OWNER)
            .range(RowKeys.filesPrefix(owner), RowKeys.filesEnd(owner))
            .filter(Cells.NEWEST);
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenCompose(
                rows -> {
                  List<FileId> ids = new ArrayList<>();
                  rows.forEach(
                      row -> ids.add(new FileId(RowKeys.hexOf(row.getKey().toStringUtf8()))));
                  if (!newestFirst) {
                    Collections.reverse(ids);
                  }
                  int from = after.map(id -> ids.indexOf(id) + 1).orElse(0);
                  boolean unknown = after.isPresent() && from == 0;
                  return page(unknown ? List.of() : ids.subList(from, ids.size()), purpose, limit);
                }));
  }

  /** Of a purpose there may be few: reads on until the page is full. */
  private CompletableFuture<List<StoredFile>> page(
      List<FileId> ids, Optional<String> purpose, int limit) {
    int some = Math.min(ids.size(), Math.max(limit, 100));
    return readAll(ids.subList(0, some))
        .thenCompose(
            found -> {
              List<StoredFile> page = new ArrayList<>();
              for (FileId id : ids.subList(0, some)) {
                found.stream()
                    .filter(file -> file.id().equals(id) && page.size() < limit)
                    .filter(file -> purpose.isEmpty() || purpose.get().equals(file.purpose()))
                    .forEach(page::add);
              }
              if (page.size() == limit || some == ids.size()) {
                return CompletableFuture.completedFuture(page);
              }
              return page(ids.subList(some, ids.size()), purpose, limit - page.size())
                  .thenApply(
                      more -> {
                        page.addAll(more);
                        return page;
                      });
            });
  }

  @Override
  public CompletableFuture<Void> delete(StoredFile file) {
    return BigtableCalls.translated(
        calls
            .mutate(RowMutation.create(BigtableSchema.FILES, RowKeys.file(file.id())).deleteRow())
            .thenCompose(
                done ->
                    calls.mutate(
                        RowMutation.create(BigtableSchema.FILES_BY_OWNER, RowKeys.fileByOwner(file))
                            .deleteRow()))
            .thenCompose(done -> deleteChunks(file)));
  }

  private CompletableFuture<Void> deleteChunks(StoredFile file) {
    List<CompletableFuture<Void>> deletions = new ArrayList<>();
    for (int from = 0; from < file.chunks(); from += ROWS_PER_BULK) {
      BulkMutation bulk = BulkMutation.create(BigtableSchema.FILE_CHUNKS);
      for (int i = from; i < Math.min(file.chunks(), from + ROWS_PER_BULK); i++) {
        bulk.add(RowMutationEntry.create(RowKeys.chunk(file.id(), i)).deleteRow());
      }
      deletions.add(calls.mutateAll(bulk));
    }
    return CompletableFuture.allOf(deletions.toArray(CompletableFuture<?>[]::new));
  }
}
