package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/** Reads a file from its beginning to its end, a row at a time. */
interface RowReader {
  /** More of one row is taken for a broken file. */
  int MAX_ROW_BYTES = 64 << 20;

  /** Takes what is read. */
  interface Rows {
    void row(long number, ObjectNode columns);

    /**
     * Takes a row that cannot be read, though what follows can.
     *
     * @param data of it, as JSON
     */
    void unreadable(long number, String reason, String data);
  }

  /**
   * Reads all of {@code file}; the caller closes it.
   *
   * @param columns that there must be, where the file says which it has
   * @throws UnreadableFileException if the rest of it cannot be read, or is not what it should be
   */
  void read(InputStream file, Set<String> columns, Rows rows) throws IOException;

  /** Fails when a file lacks a column that is needed. */
  static void requireColumns(Set<String> needed, Collection<String> there)
      throws UnreadableFileException {
    Optional<String> missing =
        needed.stream()
            .filter(name -> !there.contains(name))
            .filter(name -> name.indexOf('.') < 0 || !there.contains(name.split("\\.", 2)[0]))
            .findFirst();
    if (missing.isPresent()) {
      throw new UnreadableFileException(
          "it has no column '" + missing.get() + "'; it has " + String.join(", ", there));
    }
  }
}
