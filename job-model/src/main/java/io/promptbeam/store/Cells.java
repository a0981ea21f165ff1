package io.promptbeam.store;

import static com.google.cloud.bigtable.data.v2.models.Filters.FILTERS;

import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.Filters.InterleaveFilter;
import com.google.protobuf.ByteString;

/**
 * Which cells of a row to read, or to look at before a write. They are compared, never matched: the
 * client's {@code exactMatch} is a regular expression, which the emulator compiles anew for every
 * cell it sees, and that was half of all it did.
 */
final class Cells {
  /** The newest cell of each column. */
  static final Filter NEWEST = FILTERS.limit().cellsPerColumn(1);

  private Cells() {}

  /** The newest cell of each column of {@code family}. */
  static Filter newestOf(String family) {
    return FILTERS.chain().filter(FILTERS.qualifier().rangeWithinFamily(family)).filter(NEWEST);
  }

  /** The newest cell of one column. */
  static Filter newestOf(String family, ByteString column) {
    return FILTERS
        .chain()
        .filter(FILTERS.qualifier().rangeWithinFamily(family).startClosed(column).endClosed(column))
        .filter(NEWEST);
  }

  /** Those of {@code cells} whose value is {@code value}. */
  static Filter ofValue(Filter cells, ByteString value) {
    return FILTERS
        .chain()
        .filter(cells)
        .filter(FILTERS.value().range().startClosed(value).endClosed(value));
  }

  /** What any of {@code cells} finds. */
  static Filter any(Filter... cells) {
    InterleaveFilter any = FILTERS.interleave();
    for (Filter each : cells) {
      any = any.filter(each);
    }
    return any;
  }
}
