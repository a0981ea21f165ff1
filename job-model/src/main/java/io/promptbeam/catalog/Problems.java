package io.promptbeam.catalog;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with one file, so that one run shows all of it. */
final class Problems {
  /** A file with more is wrong as a whole; the rest would only scroll the first ones away. */
  private static final int MAX_PROBLEMS = 100;

  private final String file;
  private final List<String> found = new ArrayList<>();

  Problems(String file) {
    this.file = file;
  }

  /**
   * @param line counted from 1
   */
  void add(int line, String field, String message) {
    addLine(file + ":" + line + ": " + field + ": " + message);
  }

  void add(int line, String message) {
    addLine(file + ":" + line + ": " + message);
  }

  void add(String message) {
    addLine(file + ": " + message);
  }

  private void addLine(String problem) {
    if (found.size() < MAX_PROBLEMS) {
      found.add(problem);
    }
  }

  void throwIfAny() throws InvalidCatalogException {
    if (!found.isEmpty()) {
      throw new InvalidCatalogException(found);
    }
  }
}
