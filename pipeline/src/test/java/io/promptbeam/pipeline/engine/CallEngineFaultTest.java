package io.promptbeam.pipeline.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class CallEngineFaultTest {
  private static final EngineConfig CONFIG =
      new EngineConfig(
          Duration.ofSeconds(60),
          Duration.ofMillis(1),
          50,
          new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
          Duration.ofMillis(50));

  private final InMemoryJobStore memory = new InMemoryJobStore();
  private final ScriptedClients clients = new ScriptedClients();
  private final LinkedBlockingQueue<JobOutcome> outcomes = new LinkedBlockingQueue<>();

  /** The first write is the claim, the second the record. */
  @ParameterizedTest
  @CsvSource({"read, 1", "compareAndSet, 1", "compareAndSet, 2"})
  void job_completesWithOneCall_whenTheStoreFailsOnTheWay(String method, int first)
      throws Exception {
    JobStore store = failing(method, first, first + 2, false);
    try (CallEngine engine = start(store)) {
      Job job = StoredJobs.create(memory, 3);
      engine.offer(StoredJobs.item(job), listener());
      assertThat(nextOutcome().state()).isEqualTo(JobState.COMPLETED);
      assertThat(clients.calls()).as("a paid answer is not paid for again").isEqualTo(1);
      assertThat(read(job).result()).isPresent();
    }
  }

  @Test
  void claimThatWasWrittenUnheard_isTakenUp_withoutUsingUpAnAttempt() throws Exception {
    JobStore store = failingAfterwards("compareAndSet", 1);
    try (CallEngine engine = start(store)) {
      Job job = StoredJobs.create(memory, 1);
      engine.offer(StoredJobs.item(job), listener());
      assertThat(nextOutcome().state()).isEqualTo(JobState.COMPLETED);
      assertThat(clients.calls()).isEqualTo(1);
      assertThat(read(job).run().attempt()).isEqualTo(1);
    }
  }

  @Test
  void answerThatWasRecordedUnheard_isNotCalledForAgain() throws Exception {
    JobStore store = failingAfterwards("compareAndSet", 2);
    var finished = new CountDownLatch(1);
    try (CallEngine engine = start(store)) {
      Job job = StoredJobs.create(memory, 3);
      engine.offer(StoredJobs.item(job), listener(finished));
      finished.await();
      assertThat(read(job).run().state()).isEqualTo(JobState.COMPLETED);
      assertThat(clients.calls()).isEqualTo(1);
    }
  }

  /** Claim, then the refused record of the answer, and of the failure. */
  @Test
  void job_isNotCalledAgainUnderOneClaim_whenNothingOfItsCallCouldBeRecorded() throws Exception {
    var shortLease =
        new EngineConfig(
            Duration.ofMillis(600), Duration.ofMillis(1), 50, CONFIG.backoff(), CONFIG.drainFor());
    try (CallEngine engine = start(failing("compareAndSet", 2, 3, true), shortLease)) {
      Job job = StoredJobs.create(memory, 1);
      engine.offer(StoredJobs.item(job), listener());
      assertThat(nextOutcome().errorCode()).isEqualTo(ErrorCodes.POISON);
      assertThat(clients.calls()).isEqualTo(1);
    }
  }

  @Test
  void job_failsWithACode_whenTheStoreRefusesItsAnswerForGood() throws Exception {
    try (CallEngine engine = start(failing("compareAndSet", 2, 2, true))) {
      Job job = StoredJobs.create(memory, 3);
      engine.offer(StoredJobs.item(job), listener());
      assertThat(nextOutcome().errorCode()).isEqualTo(ErrorCodes.INTERNAL);
      assertThat(clients.calls()).isEqualTo(1);
      assertThat(read(job).run().ending().orElseThrow().usage())
          .as("what was paid for is shown")
          .contains(ScriptedClients.ANSWER.usage());
    }
  }

  @Test
  void close_handsBackWhatIsStillInFlight() throws Exception {
    var begun = new CountDownLatch(1);
    var hanging = new CompletableFuture<LlmAnswer>();
    clients.answers(
        call -> {
          begun.countDown();
          return hanging;
        });
    Job job = StoredJobs.create(memory, 3);
    CallEngine engine = start(memory);
    engine.offer(StoredJobs.item(job), listener());
    begun.await();
    engine.close();
    assertThat(hanging).isCancelled();
    assertThat(read(job).run().state()).isEqualTo(JobState.PENDING);
    assertThat(read(job).run().lastError().map(JobError::code)).contains(ErrorCodes.WORKER_STOPPED);
    assertThat(engine.stats().inFlight()).isZero();
  }

  @Test
  void outcome_isSaidOnce_whenAnItemWasRedelivered() throws Exception {
    var answer = new CompletableFuture<LlmAnswer>();
    clients.answers(call -> answer);
    try (CallEngine engine = start(memory)) {
      var finished = new CountDownLatch(2);
      WorkItem item = StoredJobs.item(StoredJobs.create(memory, 3));
      for (int i = 0; i < 2; i++) {
        engine.offer(item, listener(finished));
      }
      while (clients.calls() == 0) {
        Thread.onSpinWait();
      }
      answer.complete(ScriptedClients.ANSWER);
      finished.await();
      assertThat(outcomes).hasSize(1);
      assertThat(outcomes.remove().owner()).isEqualTo(Owner.LOCAL);
    }
  }

  private CallEngine start(JobStore store) {
    return start(store, CONFIG);
  }

  private CallEngine start(JobStore store, EngineConfig config) {
    return CallEngine.start(
        store,
        clients,
        model -> new WorkerQuota(ScriptedClients.MODEL.limits(), System.nanoTime()),
        config);
  }

  /** Fails calls number {@code from} to {@code to} of a method, before they do anything. */
  private JobStore failing(String method, int from, int to, boolean permanent) {
    AtomicInteger calls = new AtomicInteger();
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, called, arguments) -> {
              if (called.getName().equals(method)) {
                int number = calls.incrementAndGet();
                if (number >= from && number <= to) {
                  return CompletableFuture.failedFuture(
                      new StoreUnavailableException(
                          "for the test", new IllegalStateException(), permanent));
                }
              }
              try {
                return called.invoke(memory, arguments);
              } catch (InvocationTargetException e) {
                throw requireNonNull(e.getCause());
              }
            });
  }

  /** A store that does what the given call to {@code method} asks, and then says it failed. */
  private JobStore failingAfterwards(String method, int number) {
    var calls = new AtomicInteger();
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, called, arguments) -> {
              Object answer = called.invoke(memory, arguments);
              return called.getName().equals(method) && calls.incrementAndGet() == number
                  ? CompletableFuture.failedFuture(
                      new StoreUnavailableException("unheard", new IllegalStateException()))
                  : answer;
            });
  }

  private JobOutcome nextOutcome() throws InterruptedException {
    JobOutcome outcome = outcomes.poll(20, TimeUnit.SECONDS);
    assertThat(outcome).as("an outcome within 20 s").isNotNull();
    return outcome;
  }

  private Job read(Job job) throws Exception {
    return memory.read(job.spec().id(), Set.of(JobStore.Part.RESULT)).get().orElseThrow();
  }

  private WorkListener listener() {
    return listener(new CountDownLatch(1));
  }

  private WorkListener listener(CountDownLatch finished) {
    return new WorkListener() {
      @Override
      public void jobEnded(JobOutcome outcome) {
        outcomes.add(outcome);
      }

      @Override
      public void itemFinished(WorkItem item) {
        finished.countDown();
      }
    };
  }
}
