package io.promptbeam.store;

import com.google.bigtable.v2.Mutation;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A row's cells, column by column, in each the one with the highest timestamp first. */
final class SimulatedRow {
  private final TreeMap<String, List<RowCell>> columns = new TreeMap<>();

  void apply(Mutation mutation) {
    switch (mutation.getMutationCase()) {
      case SET_CELL -> {
        var set = mutation.getSetCell();
        add(
            RowCell.create(
                set.getFamilyName(),
                set.getColumnQualifier(),
                set.getTimestampMicros(),
                List.of(),
                set.getValue()));
      }
      case DELETE_FROM_COLUMN -> {
        var delete = mutation.getDeleteFromColumn();
        columns.remove(column(delete.getFamilyName(), delete.getColumnQualifier().toStringUtf8()));
      }
      case DELETE_FROM_FAMILY ->
          columns
              .keySet()
              .removeIf(c -> c.startsWith(mutation.getDeleteFromFamily().getFamilyName() + ":"));
      case DELETE_FROM_ROW -> columns.clear();
      default -> throw new IllegalArgumentException("not simulated: " + mutation);
    }
  }

  private void add(RowCell cell) {
    List<RowCell> cells =
        columns.computeIfAbsent(
            column(cell.getFamily(), cell.getQualifier().toStringUtf8()), c -> new ArrayList<>(1));
    cells.removeIf(other -> other.getTimestamp() == cell.getTimestamp());
    int at = 0;
    while (at < cells.size() && cells.get(at).getTimestamp() > cell.getTimestamp()) {
      at++;
    }
    cells.add(at, cell);
  }

  private static String column(String family, String qualifier) {
    return family + ":" + qualifier;
  }

  boolean isEmpty() {
    return columns.isEmpty();
  }

  /** In the order a filter sees them. */
  List<RowCell> cells() {
    List<RowCell> all = new ArrayList<>();
    columns.values().forEach(all::addAll);
    return all;
  }

  List<RowCell> newest() {
    List<RowCell> newest = new ArrayList<>();
    columns.values().forEach(cells -> newest.add(cells.get(0)));
    return newest;
  }
}
