package io.promptbeam.templates.export;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.job.Job;
import io.promptbeam.store.JobScan;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the jobs of a {@link ReadTask}, as they stand. Blocks; of one thread. */
final class JobReads {
  private record Seen(BatchId batch, int segment, Optional<BatchProgress> progress) {}

  private final JobScan scan;
  private final ExportRequest request;

  /** Rows come in their order, so the lines of a segment follow each other. */
  private @Nullable Seen latest;

  JobReads(JobScan scan, ExportRequest request) {
    this.scan = scan;
    this.request = request;
  }

  void read(ReadTask task, Consumer<Job> found) {
    Consumer<Job> checked =
        row -> {
          Job job = asItStands(row);
          if (request.wants(job)) {
            found.accept(job);
          }
        };
    if (task instanceof ReadTask.Segment segment) {
      scan.lines(new BatchId(segment.batch()), segment.number(), request.parts(), checked);
    } else if (task instanceof ReadTask.Owned owned) {
      scan.owned(
          request.owner().orElseThrow(),
          owned.part(),
          owned.from(),
          owned.to(),
          request.parts(),
          checked);
    } else if (task instanceof ReadTask.Rows rows) {
      scan.jobs(
          new JobScan.KeyRange(rows.start(), rows.end()),
          row -> request.wants(asItStands(row)),
          request.parts(),
          checked);
    }
  }

  /** What a cut of its batch made of a line is not in the line's row. */
  private Job asItStands(Job row) {
    if (row.run().state().isTerminal()) {
      return row;
    }
    return BatchLine.of(row.spec().id())
        .flatMap(line -> progress(line.batch(), line.segment()))
        .map(progress -> progress.asItStands(row))
        .orElse(row);
  }

  private Optional<BatchProgress> progress(BatchId batch, int segment) {
    if (latest == null || !latest.batch().equals(batch) || latest.segment() != segment) {
      latest = new Seen(batch, segment, scan.batches().progress(batch, segment).join());
    }
    return latest.progress();
  }
}
