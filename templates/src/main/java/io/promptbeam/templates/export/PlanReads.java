package io.promptbeam.templates.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Divides the reading, once it is sure that nothing stands where the files are to go. */
final class PlanReads extends DoFn<String, ReadTask> {
  private static final long serialVersionUID = 1L;
  private static final Logger log = LoggerFactory.getLogger(PlanReads.class);

  private final Counter tasks = Metrics.counter("export", "read_tasks");

  @ProcessElement
  public void plan(PipelineOptions pipelineOptions, OutputReceiver<ReadTask> out) {
    ExportResultsOptions options = pipelineOptions.as(ExportResultsOptions.class);
    ExportRequest request = ExportRequest.of(options);
    ExportRequest.text(options.getOutput())
        .ifPresent(output -> checkAbsent(FileOutput.of(output, options)));
    long[] count = new long[1];
    try (SharedScan scan = SharedScan.acquire(request.bigtable())) {
      new ReadPlan(scan.get(), request)
          .tasks(
              task -> {
                count[0]++;
                out.output(task);
              });
    }
    tasks.inc(count[0]);
    log.info("reading {} in {} parts", request.source(), count[0]);
  }

  /** Files of another export beside these would be taken for part of it. */
  private static void checkAbsent(FileOutput files) {
    try {
      List<MatchResult.Metadata> there =
          FileSystems.match(files.pattern(), EmptyMatchTreatment.ALLOW).metadata();
      if (!there.isEmpty()) {
        throw new IllegalArgumentException(
            "files of an export are there already, such as "
                + there.get(0).resourceId()
                + ": take another --output, or remove them");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look for files at " + files.pattern(), e);
    }
  }
}
