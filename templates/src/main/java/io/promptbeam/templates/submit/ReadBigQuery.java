package io.promptbeam.templates.submit;

import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryIO;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryServices;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/** Reads rows of a table, or those that a query gives, by BigQuery's Storage API. */
final class ReadBigQuery extends PTransform<PBegin, PCollection<InputRow>> {
  private static final long serialVersionUID = 1L;
  private static final Counter READ = Metrics.counter("submit", "rows");

  /** What to read; serializable for Beam. */
  sealed interface What {
    /** Columns of a table. */
    record Table(String table, List<String> columns) implements What {}

    /** What a query gives. */
    record Query(String sql) implements What {}
  }

  private final transient What what;
  private final transient Optional<BigQueryServices> services;

  /**
   * Reads with the process's credentials.
   *
   * @param services instead of Google's
   */
  ReadBigQuery(What what, Optional<BigQueryServices> services) {
    this.what = what;
    this.services = services;
  }

  @Override
  public PCollection<InputRow> expand(PBegin begin) {
    String source = what instanceof What.Table table ? table.table() : "query";
    BigQueryIO.TypedRead<InputRow> read =
        BigQueryIO.read(
                row -> {
                  READ.inc();
                  return new InputRow(source, 0, AvroRows.json(row.getRecord()));
                })
            .withCoder(new InputRowCoder())
            .withMethod(BigQueryIO.TypedRead.Method.DIRECT_READ)
            // The job says the same; a launch should not need to read the table.
            .withoutValidation();
    read =
        what instanceof What.Table table
            ? read.from(table.table()).withSelectedFields(table.columns())
            : read.fromQuery(((What.Query) what).sql()).usingStandardSql();
    return begin.apply(
        "Storage", services.isPresent() ? read.withTestServices(services.get()) : read);
  }
}
