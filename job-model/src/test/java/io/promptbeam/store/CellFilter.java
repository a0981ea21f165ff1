package io.promptbeam.store;

import com.google.bigtable.v2.RowFilter;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** What of a row a filter lets through: the filters we use, and no others. */
final class CellFilter {
  private static final Map<ByteString, Pattern> COLUMN_PATTERNS = new ConcurrentHashMap<>();

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
      case FAMILY_NAME_REGEX_FILTER -> {
        Pattern family = column(filter.getFamilyNameRegexFilterBytes());
        yield cells.stream().filter(c -> family.matcher(c.getFamily()).matches()).toList();
      }
      case COLUMN_QUALIFIER_REGEX_FILTER -> {
        Pattern qualifier = column(filter.getColumnQualifierRegexFilter());
        yield cells.stream().filter(c -> matches(qualifier, c.getQualifier())).toList();
      }
      case VALUE_REGEX_FILTER -> {
        Pattern value = pattern(filter.getValueRegexFilter());
        yield cells.stream().filter(c -> matches(value, c.getValue())).toList();
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

  private static Pattern column(ByteString regex) {
    return COLUMN_PATTERNS.computeIfAbsent(regex, CellFilter::pattern);
  }

  private static Pattern pattern(ByteString regex) {
    return Pattern.compile(regex.toString(StandardCharsets.ISO_8859_1), Pattern.DOTALL);
  }

  private static boolean matches(Pattern pattern, ByteString bytes) {
    return pattern.matcher(bytes.toString(StandardCharsets.ISO_8859_1)).matches();
  }
}
