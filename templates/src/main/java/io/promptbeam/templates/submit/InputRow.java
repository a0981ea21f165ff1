package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A row as it was read. Its columns must not be changed.
 *
 * @param source its file, as the user's pattern tells files apart, or its table
 * @param number in the file, counted from 1, header and blank lines left out; 0 where rows have
 *     none
 * @param columns with their values
 */
record InputRow(String source, long number, ObjectNode columns) {
  /** As people are told of it. */
  String place() {
    return place(source, number);
  }

  static String place(String source, long number) {
    return number == 0 ? source : source + ":" + number;
  }
}
