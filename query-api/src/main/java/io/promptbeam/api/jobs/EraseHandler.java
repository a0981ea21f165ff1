package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problem;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Transition.Reason;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.Jobs.Applied;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Erases an ended job's payload and result. Erasing twice is erasing once. */
final class EraseHandler implements Handler {
  private final JobReader reader;
  private final Jobs jobs;
  private final TerminalCache cache;

  EraseHandler(JobReader reader, Jobs jobs, TerminalCache cache) {
    this.reader = reader;
    this.jobs = jobs;
    this.cache = cache;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    JobId id = JobReader.idIn(request);
    return reader.read(id, caller, Set.of()).thenCompose(this::erase);
  }

  private CompletableFuture<ApiResponse> erase(Job job) {
    JobId id = job.spec().id();
    cache.beforeErase(id);
    return jobs.apply(job, new JobEvent.Erase())
        .whenComplete((applied, failure) -> cache.afterErase(id))
        .thenApply(EraseHandler::answer);
  }

  private static ApiResponse answer(Applied applied) {
    if (applied instanceof Applied.Done) {
      return ApiResponse.empty(204);
    }
    if (applied instanceof Applied.Refused refused) {
      if (refused.reason() == Reason.NO_CHANGE) {
        return ApiResponse.empty(204);
      }
      throw Problem.of(
              409,
              "job_not_ended",
              "Job not ended",
              "Only an ended job can be erased, and this one is "
                  + refused.job().run().state().wireName()
                  + ". Cancel it first.")
          .asException();
    }
    throw JobReader.unknown();
  }
}
