package io.promptbeam.templates.export;

import static io.promptbeam.templates.export.ExportRequest.refused;

import io.promptbeam.templates.TemplateLauncher;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryIO;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Exports a batch, or the jobs of a time, to files or a BigQuery table. What a Dataflow launch
 * runs; returns once the job is submitted, as a template's main must.
 */
public final class ExportResultsTemplate {
  private ExportResultsTemplate() {}

  /** Launches with options such as {@code --bigtable=... --batchId=... --output=...}. */
  public static void main(String[] args) {
    TemplateLauncher.main(args, ExportResultsOptions.class, ExportResultsTemplate::run);
  }

  /** Runs it on the runner that the options name. */
  public static void run(ExportResultsOptions options) {
    build(options).run();
  }

  /**
   * The pipeline, not yet run.
   *
   * @throws IllegalArgumentException where options contradict each other, saying what to change
   */
  public static Pipeline build(ExportResultsOptions options) {
    return build(options, UnaryOperator.identity());
  }

  /**
   * The pipeline, not yet run.
   *
   * @param bigQuery what is to be done with the write to BigQuery before it is applied: another
   *     service instead of Google's, or no look at the table while the pipeline is built
   */
  static Pipeline build(
      ExportResultsOptions options, UnaryOperator<BigQueryIO.Write<GenericRecord>> bigQuery) {
    if (ExportRequest.text(options.getFrom()).isPresent()
        && ExportRequest.text(options.getTo()).isEmpty()) {
      // Fixed here, so that every worker, and a repeated read, means the same time.
      options.setTo(Instant.now().toString());
    }
    ExportRequest.of(options);
    Optional<String> output = ExportRequest.text(options.getOutput());
    Optional<String> table = ExportRequest.text(options.getOutputTable());
    if (output.isPresent() == table.isPresent()) {
      throw refused("where to export to is one of --output and --outputTable");
    }
    Pipeline pipeline = Pipeline.create(options);
    if (output.isPresent()) {
      FileOutput files = FileOutput.of(output.get(), options);
      writeFiles(readJobs(pipeline), files);
    } else {
      TableOutput to = TableOutput.of(table.orElseThrow(), options);
      writeTable(readJobs(pipeline), to, bigQuery);
    }
    return pipeline;
  }

  private static PCollection<GenericRecord> readJobs(Pipeline pipeline) {
    return pipeline
        .apply("Request", Create.of("export"))
        .apply("PlanReads", ParDo.of(new PlanReads()))
        .setCoder(SerializableCoder.of(ReadTask.class))
        .apply("SpreadReads", Reshuffle.viaRandomKey())
        .apply("ReadJobs", ParDo.of(new ReadJobs()))
        .setCoder(AvroCoder.of(ExportSchema.SCHEMA));
  }

  private static void writeFiles(PCollection<GenericRecord> jobs, FileOutput files) {
    PCollection<String> names =
        jobs.apply("WriteFiles", files.write())
            .getPerDestinationOutputFilenames()
            .apply("FileNames", Values.create());
    report(jobs, names, files.pattern(), "files");
  }

  private static void writeTable(
      PCollection<GenericRecord> jobs,
      TableOutput table,
      UnaryOperator<BigQueryIO.Write<GenericRecord>> bigQuery) {
    PCollection<String> loads =
        jobs.apply("WriteTable", bigQuery.apply(table.write()))
            .getSuccessfulTableLoads()
            .apply(
                "LoadedTables", MapElements.into(TypeDescriptors.strings()).via(Object::toString));
    report(jobs, loads, table.table(), "loads");
  }

  private static void report(
      PCollection<GenericRecord> jobs, PCollection<String> written, String place, String unit) {
    PCollectionView<Map<String, Long>> byState =
        jobs.apply(
                "States",
                MapElements.into(TypeDescriptors.strings())
                    .via(job -> job.get(ExportSchema.STATE).toString()))
            .apply("CountJobs", Count.perElement())
            .apply("JobsByState", View.asMap());
    written
        .apply("CountWritten", Count.globally())
        .apply("Report", ParDo.of(new Report(byState, place, unit)).withSideInputs(byState));
  }
}
