package io.promptbeam.templates.export;

import io.promptbeam.templates.Accepts;
import io.promptbeam.templates.ValueForm;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/** Options of {@link ExportResultsTemplate}; {@link ExportRequest} says what goes with what. */
public interface ExportResultsOptions extends PipelineOptions {
  @Description(
      "Where the jobs are: bigtable://PROJECT/INSTANCE[?app_profile=ID], such as"
          + " bigtable://my-project/promptbeam")
  @Validation.Required
  @Accepts(ValueForm.BIGTABLE_INSTANCE)
  String getBigtable();

  void setBigtable(String target);

  @Description(
      "The batch to export, such as batch_0123456789abcdef01234567, or msgbatch_ and 24 digits."
          + " Instead of from and to.")
  @Nullable String getBatchId();

  void setBatchId(@Nullable String id);

  @Description(
      "Exports jobs submitted at this time or later, lines of batches among them: RFC 3339, such as"
          + " 2026-11-01T00:00:00Z. Instead of batchId.")
  @Nullable String getFrom();

  void setFrom(@Nullable String time);

  @Description(
      "Exports jobs submitted before this time: RFC 3339, such as 2026-12-01T00:00:00Z. Absent:"
          + " the time of the launch.")
  @Nullable String getTo();

  void setTo(@Nullable String time);

  @Description(
      "Exports this owner's jobs only, such as team-a; with batchId, the batch must be this"
          + " owner's. Absent: all owners.")
  @Nullable String getOwner();

  void setOwner(@Nullable String owner);

  @Description(
      "States to export, with commas between: completed, failed, expired, cancelled, pending,"
          + " processing. Absent: the four of jobs that have ended.")
  @Nullable String getStates();

  void setStates(@Nullable String states);

  @Description(
      "Whether jobs that ended without an answer (failed, expired, cancelled) are exported, where"
          + " states does not say it")
  @Default.Boolean(true)
  boolean getIncludeErrors();

  void setIncludeErrors(boolean include);

  @Description(
      "Exports only jobs for these models, with commas between: ids of models.yaml, such as"
          + " gpt-5-mini. Absent: all models.")
  @Nullable String getModel();

  void setModel(@Nullable String models);

  @Description(
      "Whether the request of each job, prompts included, is exported in the column request")
  @Default.Boolean(false)
  boolean getIncludeRequest();

  void setIncludeRequest(boolean include);

  @Description(
      "Files to write, as a folder and the beginning of their names:"
          + " gs://BUCKET/FOLDER/results makes gs://BUCKET/FOLDER/results-00000-of-00003.jsonl and"
          + " so on. Such files must not be there yet. Instead of outputTable.")
  @Accepts(ValueForm.GCS_WRITE_FILE)
  @Nullable String getOutput();

  void setOutput(@Nullable String prefix);

  @Description("What the files of output are: jsonl, avro or parquet")
  @Default.String("jsonl")
  String getOutputFormat();

  void setOutputFormat(String format);

  @Description(
      "How the files of output are compressed: none, gzip, snappy (avro and parquet) or zstd."
          + " Absent: none for jsonl, snappy for avro and parquet.")
  @Nullable String getCompression();

  void setCompression(@Nullable String compression);

  @Description(
      "How many files output makes, such as 1. Absent: as many as suit the runner, which is"
          + " fastest.")
  @Nullable Integer getNumFiles();

  void setNumFiles(@Nullable Integer count);

  @Description(
      "BigQuery table to load into: PROJECT:DATASET.TABLE, such as my-project:llm.results. It is"
          + " made if it is not there; its dataset must be. Instead of output.")
  @Accepts(ValueForm.BIGQUERY_TABLE)
  @Nullable String getOutputTable();

  void setOutputTable(@Nullable String table);

  @Description(
      "What to do with an outputTable that is there: empty (fail unless it is empty), append, or"
          + " truncate (replace its rows)")
  @Default.String("empty")
  String getWriteDisposition();

  void setWriteDisposition(String disposition);
}
