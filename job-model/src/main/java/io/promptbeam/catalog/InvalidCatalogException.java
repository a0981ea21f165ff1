package io.promptbeam.catalog;

import java.util.List;

/** A models.yaml that cannot be used. Its message is all problems, one a line, fit to be shown. */
public final class InvalidCatalogException extends Exception {
  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  InvalidCatalogException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One or more, each {@code file:line: field: what is wrong and what to do}. */
  public List<String> problems() {
    return problems;
  }
}
