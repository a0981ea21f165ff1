package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.RateLimits;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.quota.Permit;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.QuotaState;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.InMemoryJobStore;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages that say of a job what its row does not. */
@Timeout(30)
class MisaddressedItemTest {
  private static final RateLimits LIMITS =
      new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 4);

  private final InMemoryJobStore store = new InMemoryJobStore();
  private final ScriptedClients clients = new ScriptedClients();
  private final Queue<String> released = new ConcurrentLinkedQueue<>();
  private final CallEngine engine =
      CallEngine.start(
          store, clients, model -> new WatchedQuota(model, released), EngineConfig.DEFAULT);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void job_runsUnderItsRowsModelAndOwner_whenTheMessageNamesOthers() throws Exception {
    Job job = StoredJobs.create(store, 3);
    JobOutcome outcome = outcome(forged(job, "another", new Owner("mallory"), Priority.BATCH));

    assertThat(outcome.state()).isEqualTo(JobState.COMPLETED);
    assertThat(outcome.owner()).isEqualTo(job.spec().owner());
    assertThat(outcome.modelId()).isEqualTo("m");
    assertThat(clients.calls()).isEqualTo(1);
    assertThat(released).containsExactly("?: not called", "m: called");
  }

  @Test
  void job_isCalledOnce_whenOnlyTheOwnerIsForged() throws Exception {
    Job job = StoredJobs.create(store, 3);
    Owner other = new Owner("mallory");
    JobOutcome outcome = outcome(forged(job, "m", other, job.spec().limits().priority()));

    assertThat(outcome.owner()).isEqualTo(job.spec().owner());
    assertThat(clients.calls()).isEqualTo(1);
  }

  private JobOutcome outcome(JobReference reference) throws Exception {
    CompletableFuture<JobOutcome> ended = new CompletableFuture<>();
    CompletableFuture<String> finished = new CompletableFuture<>();
    engine.offer(
        new SingleJob(reference),
        new WorkListener() {
          @Override
          public void jobEnded(JobOutcome outcome) {
            ended.complete(outcome);
          }

          @Override
          public void itemFinished(WorkItem item) {
            finished.complete(item.key());
          }
        });
    assertThat(finished.get(20, TimeUnit.SECONDS)).isEqualTo(reference.jobId().toString());
    return ended.get(20, TimeUnit.SECONDS);
  }

  private static JobReference forged(Job job, String model, Owner owner, Priority priority) {
    return new JobReference(job.spec().id(), owner, model, priority, 1, 0, Optional.empty());
  }

  private static final class WatchedQuota implements Quota {
    private final WorkerQuota quota = new WorkerQuota(LIMITS, System.nanoTime());
    private final String model;
    private final Queue<String> released;

    WatchedQuota(String model, Queue<String> released) {
      this.model = model;
      this.released = released;
    }

    @Override
    public QuotaState state() {
      return quota.state();
    }

    @Override
    public Acquisition tryAcquire(TokenAmount tokens, long nowNanos) {
      Acquisition acquisition = quota.tryAcquire(tokens, nowNanos);
      return acquisition instanceof Acquisition.Granted granted
          ? new Acquisition.Granted(new Watched(granted.permit()))
          : acquisition;
    }

    private final class Watched implements Permit {
      private final Permit permit;

      Watched(Permit permit) {
        this.permit = permit;
      }

      @Override
      public void spent(long nowNanos) {
        released.add(model + ": given up");
        permit.spent(nowNanos);
      }

      @Override
      public void succeeded(TokenAmount tokens, long nowNanos) {
        released.add(model + ": called");
        permit.succeeded(tokens, nowNanos);
      }

      @Override
      public void ignored(long nowNanos) {
        released.add(model + ": not called");
        permit.ignored(nowNanos);
      }

      @Override
      public void throttled(Duration pauseFor, long nowNanos) {
        released.add(model + ": throttled");
        permit.throttled(pauseFor, nowNanos);
      }
    }
  }
}
