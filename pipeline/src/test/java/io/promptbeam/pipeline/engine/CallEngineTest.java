package io.promptbeam.pipeline.engine;

import static io.promptbeam.pipeline.llm.ScriptedClients.ANSWER;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Calls;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CallEngineTest {
  private final InMemoryJobStore store = new InMemoryJobStore();
  private final Jobs jobs = new Jobs(store, Clock.systemUTC());
  private final ScriptedClients clients = new ScriptedClients();
  private final Recorder recorder = new Recorder();
  private final EngineConfig config =
      new EngineConfig(
          Duration.ofSeconds(60),
          Duration.ofMillis(1),
          50,
          new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
          Duration.ofMillis(200));
  private CallEngine engine = start(config);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void job_isCompletedWithResultUsageAndCost_whenTheCallAnswers() throws Exception {
    clients.answers(call -> CompletableFuture.completedFuture(ANSWER));
    Job job = offer(create(3));
    JobOutcome outcome = recorder.nextOutcome();
    assertThat(outcome.state()).isEqualTo(JobState.COMPLETED);
    Job stored = read(job);
    assertThat(stored.run().ending().orElseThrow().usage()).contains(Usage.of(1_000, 500));
    assertThat(stored.run().ending().orElseThrow().costUsd()).contains(new BigDecimal("0.002"));
    assertThat(stored.result().orElseThrow()).isEqualTo(ANSWER.body());
    assertThat(stored.run().attempt()).isEqualTo(1);
    recorder.awaitFinished(1);
  }

  @Test
  void job_isRetriedAndCompletes_whenTheFirstCallFailsTransiently() throws Exception {
    clients.answers(
        call ->
            call == 1
                ? failed(new LlmException.Transient(error("provider_error"), Optional.empty()))
                : CompletableFuture.completedFuture(ANSWER));
    Job job = offer(create(3));
    assertThat(recorder.nextOutcome().attempts()).isEqualTo(2);
    assertThat(read(job).run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(clients.calls()).isEqualTo(2);
  }

  @Test
  void job_failsWithTheLastError_whenAttemptsRunOut() throws Exception {
    clients.answers(
        call -> failed(new LlmException.Throttled(error("rate_limited"), Optional.empty())));
    Job job = offer(create(2));
    assertThat(recorder.nextOutcome().errorCode()).isEqualTo("rate_limited");
    assertThat(clients.calls()).isEqualTo(2);
    assertThat(read(job).run().state()).isEqualTo(JobState.FAILED);
    assertThat(engine.stats().throttled()).isEqualTo(2);
  }

  @Test
  void job_isNotCalledAgain_whenTheProviderRefuses() throws Exception {
    clients.answers(call -> failed(new LlmException.Permanent(error("invalid_request"))));
    offer(create(5));
    assertThat(recorder.nextOutcome().errorCode()).isEqualTo("invalid_request");
    assertThat(clients.calls()).isEqualTo(1);
  }

  @Test
  void job_isRetried_whenTheClientThrowsInsteadOfFailing() throws Exception {
    clients.answers(
        call -> {
          if (call == 1) {
            return failed(new IllegalStateException("a bug"));
          }
          return CompletableFuture.completedFuture(ANSWER);
        });
    offer(create(3));
    assertThat(recorder.nextOutcome().state()).isEqualTo(JobState.COMPLETED);
  }

  @Test
  void job_failsAsUnknownModel_whenTheCatalogHasItNoMore() throws Exception {
    Job job = StoredJobs.old(store, "gone", Duration.ofMinutes(5));
    offer(job);
    assertThat(recorder.nextOutcome().errorCode()).isEqualTo(ErrorCodes.UNKNOWN_MODEL);
    assertThat(read(job).run().attempt()).isZero();
  }

  @Test
  void job_waitsForItsModel_whenItIsYoungerThanTheCatalogMayBeOld() throws Exception {
    Job young = StoredJobs.create(store, "new", 3, Duration.ofHours(1));
    offer(young);
    Job old = StoredJobs.old(store, "gone", Duration.ofMinutes(5));
    offer(old);
    // Both have been looked at by then: they wait in one lane, the first one first.
    assertThat(recorder.nextOutcome().jobId()).isEqualTo(old.spec().id());
    assertThat(read(young).run().state()).isEqualTo(JobState.PENDING);
  }

  @Test
  void job_expiresUncalled_whenItsDeadlineHasPassed() throws Exception {
    Job job = StoredJobs.create(store, "m", 3, Duration.ofSeconds(-1));
    offer(job);
    assertThat(recorder.nextOutcome().state()).isEqualTo(JobState.EXPIRED);
    assertThat(clients.calls()).isZero();
  }

  @Test
  void job_isCalledOnce_whenItIsOfferedManyTimes() throws Exception {
    clients.answers(call -> CompletableFuture.completedFuture(ANSWER));
    Job job = create(3);
    for (int i = 0; i < 20; i++) {
      offer(job);
    }
    recorder.awaitFinished(1);
    assertThat(clients.calls()).isEqualTo(1);
    assertThat(recorder.outcomes).hasSize(1);
  }

  @Test
  void job_isCalledOnce_whenTwoEnginesHoldIt() throws Exception {
    clients.answers(call -> CompletableFuture.completedFuture(ANSWER));
    var shortLease =
        new EngineConfig(
            Duration.ofSeconds(6), config.startInterval(), 50, config.backoff(), config.drainFor());
    try (CallEngine other = start(shortLease)) {
      engine.close();
      engine = start(shortLease);
      for (int i = 0; i < 50; i++) {
        Job job = create(3);
        other.offer(StoredJobs.item(job), recorder);
        offer(job);
      }
      recorder.awaitFinished(100);
    }
    assertThat(clients.calls()).isEqualTo(50);
    assertThat(recorder.outcomes).hasSize(50);
  }

  @Test
  void job_isNothingToDo_whenItWasCancelledBefore() throws Exception {
    Job job = create(3);
    jobs.apply(job, new JobEvent.RequestCancel()).get();
    offer(job);
    recorder.awaitFinished(1);
    assertThat(clients.calls()).isZero();
    assertThat(recorder.outcomes).isEmpty();
  }

  @Test
  void call_isAbortedAndJobCancelled_whenRenewalSeesACancelRequest() throws Exception {
    engine.close();
    engine =
        start(
            new EngineConfig(
                Duration.ofMillis(90),
                config.startInterval(),
                50,
                config.backoff(),
                config.drainFor()));
    var begun = new CountDownLatch(1);
    var hanging = new CompletableFuture<LlmAnswer>();
    clients.answers(
        call -> {
          begun.countDown();
          return hanging;
        });
    Job job = offer(create(3));
    begun.await();
    jobs.apply(job.spec().id(), new JobEvent.RequestCancel()).get();
    assertThat(recorder.nextOutcome().state()).isEqualTo(JobState.CANCELLED);
    assertThat(hanging).isCancelled();
  }

  @Test
  void lapsedLease_isTakenOver_andTheFirstWorkersRecordIsRefused() throws Exception {
    Job job = create(3);
    var lapsed = new JobEvent.Claim("dead-worker", Duration.ofMillis(-1));
    jobs.apply(job, lapsed).get();
    clients.answers(call -> CompletableFuture.completedFuture(ANSWER));
    offer(job);
    assertThat(recorder.nextOutcome().attempts()).isEqualTo(2);
    var late = new JobEvent.Complete("dead-worker", Calls.paid(Usage.NONE, BigDecimal.ZERO));
    assertThat(jobs.apply(job.spec().id(), late).get()).isInstanceOf(Jobs.Applied.Refused.class);
  }

  @Test
  void job_failsAsPoison_whenEveryAttemptDiedWithItsWorker() throws Exception {
    Job job = create(1);
    jobs.apply(job, new JobEvent.Claim("dead-worker", Duration.ofSeconds(-40))).get();
    offer(job);
    assertThat(recorder.nextOutcome().errorCode()).isEqualTo(ErrorCodes.POISON);
    assertThat(clients.calls()).isZero();
  }

  @Test
  void engine_staysWithinMaxInFlight() throws Exception {
    var pending = new LinkedBlockingQueue<CompletableFuture<LlmAnswer>>();
    clients.answers(
        call -> {
          var answer = new CompletableFuture<LlmAnswer>();
          pending.add(answer);
          return answer;
        });
    for (int i = 0; i < 20; i++) {
      offer(create(1));
    }
    for (int done = 0; done < 20; done++) {
      var next = pending.take();
      assertThat(clients.calls() - done).isLessThanOrEqualTo(4);
      next.complete(ANSWER);
    }
    recorder.awaitFinished(20);
    assertThat(clients.calls()).isEqualTo(20);
  }

  private CallEngine start(EngineConfig with) {
    return CallEngine.start(
        store,
        clients,
        model -> new WorkerQuota(ScriptedClients.MODEL.limits(), System.nanoTime()),
        with);
  }

  private Job create(int maxAttempts) throws Exception {
    return StoredJobs.create(store, maxAttempts);
  }

  private Job offer(Job job) {
    engine.offer(StoredJobs.item(job), recorder);
    return job;
  }

  private Job read(Job job) throws Exception {
    return store.read(job.spec().id(), Set.of(JobStore.Part.RESULT)).get().orElseThrow();
  }

  private static JobError error(String code) {
    return JobError.of(code, "for the test");
  }

  private static CompletableFuture<LlmAnswer> failed(Throwable cause) {
    return CompletableFuture.failedFuture(cause);
  }

  private static final class Recorder implements WorkListener {
    private final LinkedBlockingQueue<JobOutcome> outcomes = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<WorkItem> finished = new LinkedBlockingQueue<>();

    @Override
    public void jobEnded(JobOutcome outcome) {
      outcomes.add(outcome);
    }

    @Override
    public void itemFinished(WorkItem item) {
      finished.add(item);
    }

    JobOutcome nextOutcome() throws InterruptedException {
      JobOutcome outcome = outcomes.poll(20, TimeUnit.SECONDS);
      assertThat(outcome).as("an outcome within 20 s").isNotNull();
      return outcome;
    }

    void awaitFinished(int count) throws InterruptedException {
      for (int i = 0; i < count; i++) {
        assertThat(finished.poll(20, TimeUnit.SECONDS)).as("a finished item").isNotNull();
      }
    }
  }
}
