package io.promptbeam.templates.submit;

import java.util.ArrayList;
import java.util.Optional;
import java.util.stream.Stream;

/** Where rows come from. */
sealed interface Input {
  /** Files that match a pattern. */
  record Files(String pattern) implements Input {}

  /** A table, or what a query gives. */
  record BigQuery(ReadBigQuery.What what) implements Input {}

  /**
   * What the options name.
   *
   * @throws IllegalArgumentException unless that is one thing
   */
  static Input of(SubmitFileOptions options) {
    Optional<String> files = RowMapping.given(options.getInput());
    Optional<String> table = RowMapping.given(options.getInputTable());
    Optional<String> query = RowMapping.given(options.getInputQuery());
    if (Stream.of(files, table, query).filter(Optional::isPresent).count() != 1) {
      throw new IllegalArgumentException(
          "give exactly one of --input, --inputTable and --inputQuery");
    }
    if (files.isPresent()) {
      InputFormat.of(options.getInputFormat(), "any.csv");
      InputFormat.delimiter(options.getCsvDelimiter());
      return new Files(files.get());
    }
    RowMapping mapping = RowMapping.of(options);
    if (mapping.idColumn().isEmpty()) {
      throw new IllegalArgumentException(
          "missing --idColumn: rows of BigQuery have no number to tell their results by");
    }
    return new BigQuery(
        table.isPresent()
            ? new ReadBigQuery.What.Table(table.get(), new ArrayList<>(mapping.columns()))
            : new ReadBigQuery.What.Query(query.orElseThrow()));
  }
}
