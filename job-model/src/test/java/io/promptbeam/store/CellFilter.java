package io.promptbeam.store;

import com.google.bigtable.v2.ColumnRange;
import com.google.bigtable.v2.RowFilter;
import com.google.bigtable.v2.ValueRange;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** What of a row a filter lets through: the filters we use, and no others. */
final class CellFilter {
  private CellFilter() {}

  static List<RowCell> apply(RowFilter filter, List<RowCell> cells) {
    return switch (filter.getFilterCase()) {
      case CHAIN -> {
        List<RowCell> left = cells;
        for (RowFilter next : filter.getChain().getFiltersList()) {
          left = apply(next, left);
        }
        yield left;
      }
      case INTERLEAVE -> {
        // Ours never find a cell twice, so that the row's own order is that of the merged ones.
        Set<RowCell> found = Collections.newSetFromMap(new IdentityHashMap<>());
        filter.getInterleave().getFiltersList().forEach(each -> found.addAll(apply(each, cells)));
        yield cells.stream().filter(found::contains).toList();
      }
      case COLUMN_RANGE_FILTER -> {
        ColumnRange range = filter.getColumnRangeFilter();
        yield cells.stream()
            .filter(c -> c.getFamily().equals(range.getFamilyName()))
            .filter(c -> isIn(range, c.getQualifier()))
            .toList();
      }
      case VALUE_RANGE_FILTER -> {
        ValueRange range = filter.getValueRangeFilter();
        yield cells.stream().filter(c -> isIn(range, c.getValue())).toList();
      }
      case CELLS_PER_COLUMN_LIMIT_FILTER -> newest(cells, filter.getCellsPerColumnLimitFilter());
      case PASS_ALL_FILTER -> cells;
      default -> throw new IllegalArgumentException("not simulated: " + filter);
    };
  }

  /** Column after column, each with its newest cells first. */
  private static List<RowCell> newest(List<RowCell> cells, int limit) {
    List<RowCell> kept = new ArrayList<>(cells.size());
    int inColumn = 0;
    for (int i = 0; i < cells.size(); i++) {
      RowCell cell = cells.get(i);
      boolean same =
          i > 0
              && cells.get(i - 1).getFamily().equals(cell.getFamily())
              && cells.get(i - 1).getQualifier().equals(cell.getQualifier());
      inColumn = same ? inColumn + 1 : 1;
      if (inColumn <= limit) {
        kept.add(cell);
      }
    }
    return kept;
  }

  private static boolean isIn(ColumnRange range, ByteString qualifier) {
    boolean fromHere =
        switch (range.getStartQualifierCase()) {
          case START_QUALIFIER_CLOSED -> compare(qualifier, range.getStartQualifierClosed()) >= 0;
          case START_QUALIFIER_OPEN -> compare(qualifier, range.getStartQualifierOpen()) > 0;
          case STARTQUALIFIER_NOT_SET -> true;
        };
    return fromHere
        && switch (range.getEndQualifierCase()) {
          case END_QUALIFIER_CLOSED -> compare(qualifier, range.getEndQualifierClosed()) <= 0;
          case END_QUALIFIER_OPEN -> compare(qualifier, range.getEndQualifierOpen()) < 0;
          case ENDQUALIFIER_NOT_SET -> true;
        };
  }

  private static boolean isIn(ValueRange range, ByteString value) {
    boolean fromHere =
        switch (range.getStartValueCase()) {
          case START_VALUE_CLOSED -> compare(value, range.getStartValueClosed()) >= 0;
          case START_VALUE_OPEN -> compare(value, range.getStartValueOpen()) > 0;
          case STARTVALUE_NOT_SET -> true;
        };
    return fromHere
        && switch (range.getEndValueCase()) {
          case END_VALUE_CLOSED -> compare(value, range.getEndValueClosed()) <= 0;
          case END_VALUE_OPEN -> compare(value, range.getEndValueOpen()) < 0;
          case ENDVALUE_NOT_SET -> true;
        };
  }

  private static int compare(ByteString one, ByteString other) {
    return ByteString.unsignedLexicographicalComparator().compare(one, other);
  }
}
