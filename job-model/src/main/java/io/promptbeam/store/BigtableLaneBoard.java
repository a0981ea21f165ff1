package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.protobuf.ByteString;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A row per model and worker in {@code lanes}, and one per worker that lives. */
final class BigtableLaneBoard implements LaneBoard {
  /** No model's id can be empty, so no model's rows begin so. */
  private static final String WORKERS = "#worker#";

  private final BigtableCalls calls;
  private final Clock cellClock;

  BigtableLaneBoard(BigtableCalls calls, Clock cellClock) {
    this.calls = calls;
    this.cellClock = cellClock;
  }

  @Override
  public CompletableFuture<Void> put(LaneSnapshot snapshot) {
    return write(
        prefix(snapshot.modelId()) + snapshot.worker(),
        ByteString.copyFrom(LaneJson.encode(snapshot)));
  }

  @Override
  public CompletableFuture<List<LaneSnapshot>> of(String modelId) {
    return cells(prefix(modelId))
        .thenApply(
            cells -> {
              List<LaneSnapshot> lanes = new ArrayList<>();
              for (RowCell cell : cells) {
                LaneJson.decode(cell.getValue().toByteArray())
                    .filter(lane -> lane.modelId().equals(modelId))
                    .ifPresent(lanes::add);
              }
              return lanes;
            });
  }

  @Override
  public CompletableFuture<Void> beat(String worker, Instant now) {
    return write(WORKERS + worker, ByteString.copyFromUtf8(Long.toString(now.toEpochMilli())));
  }

  @Override
  public CompletableFuture<List<Instant>> beats() {
    return cells(WORKERS)
        .thenApply(
            cells -> {
              List<Instant> beats = new ArrayList<>();
              for (RowCell cell : cells) {
                beats.add(Instant.ofEpochMilli(Long.parseLong(cell.getValue().toStringUtf8())));
              }
              return beats;
            });
  }

  private static String prefix(String modelId) {
    return modelId + "#";
  }

  private CompletableFuture<Void> write(String key, ByteString value) {
    long micros = Math.multiplyExact(cellClock.millis(), 1_000L);
    return BigtableCalls.translated(
        calls.mutate(
            RowMutation.create(BigtableSchema.LANES, key)
                .deleteCells(BigtableSchema.ENTRY, BigtableSchema.JSON)
                .setCell(BigtableSchema.ENTRY, BigtableSchema.JSON, micros, value)));
  }

  private CompletableFuture<List<RowCell>> cells(String prefix) {
    Query query = Query.create(BigtableSchema.LANES).prefix(prefix).filter(Cells.NEWEST);
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows -> {
                  List<RowCell> cells = new ArrayList<>();
                  for (Row row : rows) {
                    cells.addAll(row.getCells());
                  }
                  return cells;
                }));
  }
}
