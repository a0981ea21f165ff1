package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.JobStore.Part;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Reads a job for its owner or an admin; for anybody else it does not exist. */
final class JobReader {
  private final JobStore store;

  JobReader(JobStore store) {
    this.store = store;
  }

  /** The job's id in the path. */
  static JobId idIn(ApiRequest request) {
    return JobId.parse(request.pathValue("job_id")).orElseThrow(JobReader::unknown);
  }

  CompletableFuture<Job> read(JobId id, Caller caller, Set<Part> parts) {
    return store
        .read(id, parts)
        .thenCompose(
            found ->
                asItStands(
                    found
                        .filter(job -> caller.sees(job.spec().owner()))
                        .orElseThrow(JobReader::unknown)));
  }

  /**
   * A line of a batch that was cut before the line's turn has ended, and its row does not say so.
   */
  private CompletableFuture<Job> asItStands(Job job) {
    Optional<BatchLine> line = BatchLine.of(job.spec().id());
    if (line.isEmpty() || job.run().state().isTerminal()) {
      return CompletableFuture.completedFuture(job);
    }
    BatchId batch = line.get().batch();
    return store
        .batches()
        .read(batch)
        .thenCompose(
            found ->
                found.flatMap(Batch::cut).isEmpty()
                    ? CompletableFuture.completedFuture(job)
                    : store
                        .batches()
                        .progress(batch)
                        .thenApply(now -> now.map(p -> p.asItStands(job)).orElse(job)));
  }

  /** The same for an unknown job and for another owner's. */
  static ProblemException unknown() {
    return Problem.of(404, "job_not_found", "Job not found", "You have no job of this id.")
        .asException();
  }
}
