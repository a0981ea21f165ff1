package io.promptbeam.pipeline.engine;

import static io.promptbeam.pipeline.llm.ScriptedModels.model;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.CachedAnswer;
import io.promptbeam.job.Ending;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.usage.UsageLedger;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedAnswersTest {
  private static final JobOptions HOUR =
      new JobOptions(Optional.of(Duration.ofHours(1)), Optional.empty());

  private final ScriptedModels models = new ScriptedModels(model("m", ProviderKind.OPENAI));
  private final InMemoryJobStore store = new InMemoryJobStore();
  private final EngineRun run = new EngineRun(store, models);
  private final EngineRun other = new EngineRun(store, models);

  @AfterEach
  void close() {
    run.close();
    other.close();
  }

  @Test
  void job_isAnsweredUncalled_whenAnEarlierOneWasTheSame() throws Exception {
    Job first = run.run(EngineRun.PROMPT, 1, HOUR);
    Job second = other.run(EngineRun.PROMPT, 1, HOUR);

    assertThat(models.calls()).hasSize(1);
    assertThat(second.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(second.result().orElseThrow()).isEqualTo(first.result().orElseThrow());
    Ending ending = second.run().ending().orElseThrow();
    assertThat(ending.cached())
        .contains(new CachedAnswer(first.spec().id(), "m", Optional.of(new BigDecimal("0.002"))));
    assertThat(ending.usage()).contains(Usage.NONE);
    assertThat(ending.costUsd()).contains(BigDecimal.ZERO);
    assertThat(second.run().attempt()).isZero();
  }

  @Test
  void job_isCalled_whenRequestOwnerOrWishDiffers() throws Exception {
    run.run(EngineRun.PROMPT, 1, HOUR);
    run.run(EngineRun.PROMPT, 1, JobOptions.NONE);
    run.run(run.create(new Owner("another"), EngineRun.PROMPT, 1, HOUR));
    run.run(
        new LlmRequest.Prompt(Optional.empty(), "Say bye.", JsonNodeFactory.instance.objectNode()),
        1,
        HOUR);
    assertThat(models.calls()).hasSize(4);
  }

  @Test
  void job_isCalled_whenTheEarlierOneIsErased() throws Exception {
    Job first = run.run(EngineRun.PROMPT, 1, HOUR);
    new Jobs(store, Clock.systemUTC()).apply(first.spec().id(), new JobEvent.Erase()).get();
    Job second = run.run(EngineRun.PROMPT, 1, HOUR);

    assertThat(models.calls()).hasSize(2);
    assertThat(second.run().ending().orElseThrow().cached()).isEmpty();
  }

  @Test
  void identicalJobs_areCalledOnce_overTwoEngines() throws Exception {
    Executor soon = CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS);
    models.answers(
        "m", (call, request) -> CompletableFuture.supplyAsync(() -> ScriptedClients.ANSWER, soon));
    List<Job> jobs = runAll(200);

    assertThat(models.calls()).hasSize(1);
    assertThat(jobs).allMatch(job -> job.run().state() == JobState.COMPLETED);
    assertThat(jobs)
        .filteredOn(job -> job.run().ending().orElseThrow().cached().isPresent())
        .hasSize(199);
  }

  @Test
  void identicalJobs_allEnd_whenTheOneThatIsCalledFails() throws Exception {
    models.answers(
        "m",
        (call, request) ->
            call == 1
                ? CompletableFuture.failedFuture(
                    new LlmException.Permanent(
                        JobError.of(ErrorCodes.INVALID_REQUEST, "for the test")))
                : CompletableFuture.completedFuture(ScriptedClients.ANSWER));
    List<Job> jobs = runAll(100);

    assertThat(models.calls()).hasSize(2);
    assertThat(jobs).filteredOn(job -> job.run().state() == JobState.FAILED).hasSize(1);
    assertThat(jobs).filteredOn(job -> job.run().state() == JobState.COMPLETED).hasSize(99);
  }

  @Test
  void job_isCalled_whenTheAnswerItsLeaderTookIsTooOldForIt() throws Exception {
    Executor soon = CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS);
    CountDownLatch called = new CountDownLatch(1);
    models.answers(
        "m",
        (call, request) -> {
          called.countDown();
          return CompletableFuture.supplyAsync(() -> ScriptedClients.ANSWER, soon);
        });
    var fresh = new JobOptions(Optional.of(Duration.ZERO), Optional.empty());
    var elsewhere = other.offer(other.create(EngineRun.PROMPT, 1, HOUR));
    assertThat(called.await(20, TimeUnit.SECONDS)).isTrue();
    Job leader = run.create(EngineRun.PROMPT, 1, HOUR);
    Job waiter = run.create(EngineRun.PROMPT, 1, fresh);
    var led = run.offer(leader);
    run.offer(waiter).get(20, TimeUnit.SECONDS);
    led.get(20, TimeUnit.SECONDS);
    elsewhere.get(20, TimeUnit.SECONDS);

    assertThat(run.read(leader).run().ending().orElseThrow().cached()).isPresent();
    assertThat(run.read(waiter).run().ending().orElseThrow().cached()).isEmpty();
    assertThat(models.calls()).hasSize(2);
  }

  @Test
  void identicalJobs_areReadAFewTimesEach_whenEveryCallFails() throws Exception {
    int jobs = 200;
    models.answers(
        "m",
        (call, request) ->
            CompletableFuture.supplyAsync(
                () -> {
                  throw new LlmException.Permanent(
                      JobError.of(ErrorCodes.INVALID_REQUEST, "for the test"));
                },
                CompletableFuture.delayedExecutor(call == 1 ? 500 : 0, TimeUnit.MILLISECONDS)));
    AtomicLong reads = new AtomicLong();
    try (EngineRun counted = new EngineRun(counting(reads), models)) {
      List<CompletableFuture<Void>> finished = new ArrayList<>();
      List<Job> created = new ArrayList<>();
      for (int i = 0; i < jobs; i++) {
        created.add(run.create(EngineRun.PROMPT, 1, HOUR));
      }
      created.forEach(job -> finished.add(counted.offer(job)));
      for (var each : finished) {
        each.get(30, TimeUnit.SECONDS);
      }
    }
    assertThat(models.calls()).hasSize(jobs);
    assertThat(reads.get()).isLessThan(8L * jobs);
  }

  /** The store, which counts the rows it is asked for. */
  private JobStore counting(AtomicLong reads) {
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, method, args) -> {
              if (method.getName().equals("read")) {
                reads.addAndGet(args[0] instanceof Collection<?> ids ? ids.size() : 1);
              }
              return method.invoke(store, args);
            });
  }

  @Test
  void job_reservesNothing_whileItWaitsForAnothersCall() throws Exception {
    int jobs = 20;
    CompletableFuture<LlmAnswer> answer = new CompletableFuture<>();
    models.answers("m", (call, request) -> answer);
    CountingGate gate = new CountingGate();
    try (EngineRun gated = new EngineRun(store, models, new Spending(UsageLedger.NONE, gate))) {
      List<CompletableFuture<Void>> finished = new ArrayList<>();
      for (int i = 0; i < jobs; i++) {
        finished.add(gated.offer(gated.create(EngineRun.PROMPT, 1, HOUR)));
      }
      // One that has to wait for the quota gives its money back, too, and asks again: what counts
      // is that all have asked, and one holds.
      long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (gate.cancelled.get() < jobs - 1 || gate.reserved.get() != 1) {
        assertThat(System.nanoTime()).isLessThan(giveUp);
        TimeUnit.MILLISECONDS.sleep(5);
      }
      answer.complete(ScriptedClients.ANSWER);
      for (var each : finished) {
        each.get(20, TimeUnit.SECONDS);
      }
    }
    assertThat(models.calls()).hasSize(1);
    assertThat(gate.reserved.get()).isZero();
    assertThat(gate.settled.get()).isEqualTo(jobs);
  }

  /** Always open; counts what is set aside. */
  private static final class CountingGate implements OwnerGate {
    private final AtomicInteger cancelled = new AtomicInteger();
    private final AtomicInteger reserved = new AtomicInteger();
    private final AtomicInteger settled = new AtomicInteger();

    @Override
    public Answer tryStart(Owner owner, String modelId, TokenAmount estimate) {
      reserved.incrementAndGet();
      AtomicBoolean held = new AtomicBoolean(true);
      return new Answer.Open(
          new Reservation() {
            @Override
            public boolean isCounted() {
              return true;
            }

            @Override
            public void settle(BigDecimal costUsd) {
              settled.incrementAndGet();
              if (held.getAndSet(false)) {
                reserved.decrementAndGet();
              }
            }

            @Override
            public void cancel() {
              if (held.getAndSet(false)) {
                reserved.decrementAndGet();
                cancelled.incrementAndGet();
              }
            }
          });
    }

    @Override
    public void onOpen(Consumer<Owner> listener) {}

    @Override
    public CompletableFuture<Void> close() {
      return CompletableFuture.completedFuture(null);
    }
  }

  private List<Job> runAll(int count) throws Exception {
    List<Job> created = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      created.add(run.create(EngineRun.PROMPT, 3, HOUR));
    }
    List<CompletableFuture<Void>> finished = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      finished.add((i % 2 == 0 ? run : other).offer(created.get(i)));
    }
    for (var each : finished) {
      each.get(30, TimeUnit.SECONDS);
    }
    List<Job> ended = new ArrayList<>();
    for (Job job : created) {
      ended.add(run.read(job));
    }
    return ended;
  }
}
