package io.promptbeam.templates.submit;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A text with columns' names in braces. Values are never read as part of it, so a value with braces
 * stays as it is. Immutable.
 */
final class PromptTemplate {
  /**
   * A piece of it.
   *
   * @param isColumn whether the text names a column
   */
  private record Part(String text, boolean isColumn) {}

  private final List<Part> parts;

  private PromptTemplate(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** The value of one column. */
  static PromptTemplate ofColumn(String column) {
    return new PromptTemplate(List.of(new Part(column, true)));
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException with the place of what is wrong in it
   */
  static PromptTemplate parse(String template) {
    List<Part> parts = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      char next = template.charAt(at);
      boolean doubled = at + 1 < template.length() && template.charAt(at + 1) == next;
      if ((next == '{' || next == '}') && doubled) {
        text.append(next);
        at += 2;
      } else if (next == '{') {
        int end = template.indexOf('}', at);
        String column = end < 0 ? "" : template.substring(at + 1, end).strip();
        if (column.isEmpty() || column.indexOf('{') >= 0) {
          throw invalid(template, at, "a { must begin a column's name in braces");
        }
        parts.add(new Part(text.toString(), false));
        parts.add(new Part(column, true));
        text.setLength(0);
        at = end + 1;
      } else if (next == '}') {
        throw invalid(template, at, "a } must end a column's name in braces");
      } else {
        text.append(next);
        at++;
      }
    }
    parts.add(new Part(text.toString(), false));
    return new PromptTemplate(parts);
  }

  private static IllegalArgumentException invalid(String template, int at, String what) {
    long line = 1 + template.substring(0, at).chars().filter(c -> c == '\n').count();
    int column = at - template.lastIndexOf('\n', at - 1);
    return new IllegalArgumentException(
        "the template is wrong at line "
            + line
            + ", character "
            + column
            + ": "
            + what
            + "; write {{ and }} for braces themselves");
  }

  /** Those it names, in order. */
  Set<String> columns() {
    Set<String> names = new LinkedHashSet<>();
    for (Part part : parts) {
      if (part.isColumn()) {
        names.add(part.text());
      }
    }
    return names;
  }

  String fill(Columns row) throws InvalidRowException {
    StringBuilder filled = new StringBuilder();
    for (Part part : parts) {
      filled.append(part.isColumn() ? row.text(part.text()) : part.text());
    }
    return filled.toString();
  }
}
