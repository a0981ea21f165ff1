package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.JobStore.Part;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Reads a job for its owner; for anybody else it does not exist. */
final class JobReader {
  private final JobStore store;

  JobReader(JobStore store) {
    this.store = store;
  }

  /** The job's id in the path. */
  static JobId idIn(ApiRequest request) {
    return JobId.parse(request.pathValue("job_id")).orElseThrow(JobReader::unknown);
  }

  CompletableFuture<Job> read(JobId id, Owner owner, Set<Part> parts) {
    return store
        .read(id, parts)
        .thenApply(
            found ->
                found
                    .filter(job -> job.spec().owner().equals(owner))
                    .orElseThrow(JobReader::unknown));
  }

  /** The same for an unknown job and for another owner's. */
  static ProblemException unknown() {
    return Problem.of(404, "job_not_found", "Job not found", "You have no job of this id.")
        .asException();
  }
}
