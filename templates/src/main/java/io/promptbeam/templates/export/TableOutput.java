package io.promptbeam.templates.export;

import static io.promptbeam.templates.export.ExportRequest.refused;

import com.google.api.services.bigquery.model.TableFieldSchema;
import com.google.api.services.bigquery.model.TableRow;
import com.google.api.services.bigquery.model.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryIO;

/**
 * A BigQuery table, filled by load jobs: they cost nothing, and all rows appear at once. The files
 * they load are JSON, of which BigQuery takes larger rows than of Avro.
 *
 * @param table {@code PROJECT:DATASET.TABLE}
 */
record TableOutput(String table, BigQueryIO.Write.WriteDisposition disposition) {
  private static final Pattern TABLE =
      Pattern.compile("[a-z0-9][a-z0-9.:-]*[a-z0-9][:.]\\w+\\.[\\p{L}\\p{N}_$ -]+");

  /**
   * Checks options against each other.
   *
   * @throws IllegalArgumentException that says what to change
   */
  static TableOutput of(String table, ExportResultsOptions options) {
    if (!TABLE.matcher(table).matches()) {
      throw refused(
          "--outputTable is PROJECT:DATASET.TABLE, such as my-project:llm.results, but is '"
              + table
              + "'");
    }
    return new TableOutput(table, disposition(options.getWriteDisposition()));
  }

  private static BigQueryIO.Write.WriteDisposition disposition(String text) {
    return switch (text.strip().toLowerCase(Locale.ROOT)) {
      case "empty" -> BigQueryIO.Write.WriteDisposition.WRITE_EMPTY;
      case "append" -> BigQueryIO.Write.WriteDisposition.WRITE_APPEND;
      case "truncate" -> BigQueryIO.Write.WriteDisposition.WRITE_TRUNCATE;
      default ->
          throw refused("--writeDisposition is empty, append or truncate, not '" + text + "'");
    };
  }

  BigQueryIO.Write<GenericRecord> write() {
    return BigQueryIO.<GenericRecord>write()
        .to(table)
        .withSchema(schema())
        .withFormatFunction(TableOutput::row)
        .withMethod(BigQueryIO.Write.Method.FILE_LOADS)
        .withCreateDisposition(BigQueryIO.Write.CreateDisposition.CREATE_IF_NEEDED)
        .withWriteDisposition(disposition);
  }

  /** What is null is left out. */
  static TableRow row(GenericRecord record) {
    TableRow row = new TableRow();
    for (Schema.Field column : ExportSchema.SCHEMA.getFields()) {
      Object value = record.get(column.pos());
      if (value != null) {
        row.set(column.name(), plain(value, ExportSchema.type(column)));
      }
    }
    return row;
  }

  private static Object plain(Object value, Schema type) {
    if (ExportSchema.isTime(type)) {
      return ExportSchema.time(value).toString();
    }
    return value instanceof CharSequence text ? text.toString() : value;
  }

  static TableSchema schema() {
    List<TableFieldSchema> columns = new ArrayList<>();
    for (Schema.Field column : ExportSchema.SCHEMA.getFields()) {
      columns.add(
          new TableFieldSchema()
              .setName(column.name())
              .setType(type(ExportSchema.type(column)))
              .setMode(ExportSchema.isNullable(column) ? "NULLABLE" : "REQUIRED")
              .setDescription(Optional.ofNullable(column.doc()).orElse("")));
    }
    return new TableSchema().setFields(columns);
  }

  private static String type(Schema type) {
    if (ExportSchema.isTime(type)) {
      return "TIMESTAMP";
    }
    return switch (type.getType()) {
      case LONG -> "INTEGER";
      case DOUBLE -> "FLOAT";
      default -> "STRING";
    };
  }
}
