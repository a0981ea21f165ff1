package io.promptbeam.templates.export;

import io.promptbeam.job.JobState;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.jspecify.annotations.Nullable;

/** Reads the jobs of each task, row by row, and makes records of them. */
final class ReadJobs extends DoFn<ReadTask, GenericRecord> {
  private static final long serialVersionUID = 1L;

  private final Counter exported = Metrics.counter("export", "jobs_exported");
  private final Counter answerBytes = Metrics.counter("export", "answer_bytes");
  private final Map<JobState, Counter> byState = new EnumMap<>(JobState.class);

  private transient @Nullable SharedScan scan;
  private transient @Nullable JobReads reads;
  private transient boolean withRequest;

  ReadJobs() {
    for (JobState state : JobState.values()) {
      byState.put(state, Metrics.counter("export", "jobs_" + state.wireName()));
    }
  }

  @Setup
  public void setUp(PipelineOptions options) {
    ExportRequest request = ExportRequest.of(options.as(ExportResultsOptions.class));
    scan = SharedScan.acquire(request.bigtable());
    reads = new JobReads(scan.get(), request);
    withRequest = request.withRequest();
  }

  @ProcessElement
  public void read(@Element ReadTask task, OutputReceiver<GenericRecord> out) {
    Objects.requireNonNull(reads)
        .read(
            task,
            job -> {
              exported.inc();
              Objects.requireNonNull(byState.get(job.run().state())).inc();
              job.result().ifPresent(answer -> answerBytes.inc(answer.length));
              out.output(JobRecords.of(job, withRequest));
            });
  }

  @Teardown
  public void tearDown() {
    if (scan != null) {
      scan.close();
      scan = null;
    }
  }
}
