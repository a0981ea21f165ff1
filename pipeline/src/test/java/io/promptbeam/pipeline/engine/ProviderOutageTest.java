package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.llm.CallOptions;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmClient;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.Jobs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Ten minutes without a provider, on a clock that the test turns. */
class ProviderOutageTest {
  private static final Duration BEFORE = Duration.ofMinutes(1);
  private static final Duration OUTAGE = Duration.ofMinutes(10);
  private static final Duration RECOVERY = Duration.ofMinutes(2);

  /** How a provider is down. */
  enum Down {
    /** At once. */
    REFUSES,
    /** After its connect timeout. */
    UNREACHABLE,
    /** With errors, each after a while. */
    ERRORS,
    /** It takes calls and never answers. */
    HANGS
  }

  static Stream<Arguments> outages() {
    return Stream.of(Down.values())
        .flatMap(down -> Stream.of(5, 20).map(perSecond -> Arguments.of(down, perSecond)));
  }

  @ParameterizedTest
  @MethodSource("outages")
  void jobsWaitOutAnOutage_withFewCalls_andRunSoonAfter(Down down, int perSecond) throws Exception {
    var time = new VirtualTime(Instant.now());
    var store = new InMemoryJobStore();
    var provider = new Provider(time, down);
    CallEngine engine = engine(time, store, provider);
    List<JobId> offered = new ArrayList<>();
    Duration load = BEFORE.plus(OUTAGE);
    for (long tick = 0; tick < load.toSeconds() * perSecond; tick++) {
      provider.isDown = tick >= BEFORE.toSeconds() * perSecond;
      Job job = StoredJobs.create(store, "m", 3, Duration.ofHours(2));
      offered.add(job.spec().id());
      engine.offer(StoredJobs.item(job), new Listening());
      time.pass(Duration.ofNanos(1_000_000_000L / perSecond));
    }
    provider.isDown = false;
    time.pass(RECOVERY);

    var jobs = store.read(offered, Set.of()).join().values();
    long completed = jobs.stream().filter(job -> job.run().state() == JobState.COMPLETED).count();
    System.out.printf(
        "provider %s for 10 min, %d jobs/s: %d offered, %d calls (%.3f), %d completed within 2 min%n",
        down,
        perSecond,
        offered.size(),
        provider.calls,
        (double) provider.calls / offered.size(),
        completed);
    assertThat(jobs)
        .filteredOn(job -> job.run().state() != JobState.COMPLETED)
        .extracting(Job::run)
        .as("not completed two minutes after the outage")
        .isEmpty();
    assertThat(provider.calls)
        .as("calls, of which at most a tenth did nothing")
        .isLessThanOrEqualTo(offered.size() * 11L / 10);
  }

  @Test
  void loneJob_waitsOutAnOutage_whenNothingCouldBeSent() throws Exception {
    var time = new VirtualTime(Instant.now());
    var store = new InMemoryJobStore();
    var provider = new Provider(time, Down.REFUSES);
    provider.isDown = true;
    CallEngine engine = engine(time, store, provider);
    Job job = StoredJobs.create(store, "m", 3, Duration.ofHours(2));
    engine.offer(StoredJobs.item(job), new Listening());
    time.pass(OUTAGE);
    assertThat(engine.failing()).containsOnlyKeys("m");
    assertThat(engine.stats().breakersOpen()).isEqualTo(1);
    provider.isDown = false;
    time.pass(RECOVERY);
    Job ended = store.read(job.spec().id(), Set.of()).join().orElseThrow();
    assertThat(ended.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(ended.run().attempt()).isLessThanOrEqualTo(3);
    assertThat(ended.run().lastError().map(JobError::code)).contains(ErrorCodes.CONNECTION);
    assertThat(engine.failing()).isEmpty();
  }

  @Test
  void endedJobsInTheLane_doNotUseUpTheProbes() throws Exception {
    var time = new VirtualTime(Instant.now());
    var store = new InMemoryJobStore();
    var provider = new Provider(time, Down.ERRORS);
    provider.isDown = true;
    CallEngine engine = engine(time, store, provider);
    for (int i = 0; i < 20; i++) {
      engine.offer(StoredJobs.item(StoredJobs.create(store, "m", 2, OUTAGE)), new Listening());
    }
    time.pass(Duration.ofMinutes(1));
    assertThat(engine.failing()).containsOnlyKeys("m");
    Jobs jobs = new Jobs(store, time.clock());
    for (int i = 0; i < 1_000; i++) {
      Job cancelled = StoredJobs.create(store, "m", 3, OUTAGE);
      engine.offer(StoredJobs.item(cancelled), new Listening());
      jobs.apply(cancelled, new JobEvent.RequestCancel()).join();
    }
    Job live = StoredJobs.create(store, "m", 3, Duration.ofHours(2));
    engine.offer(StoredJobs.item(live), new Listening());
    provider.isDown = false;
    time.pass(RECOVERY);
    assertThat(store.read(live.spec().id(), Set.of()).join().orElseThrow().run().state())
        .isEqualTo(JobState.COMPLETED);
    assertThat(engine.failing()).isEmpty();
  }

  private static CallEngine engine(VirtualTime time, InMemoryJobStore store, Provider provider) {
    var limits = new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 1_000);
    return new CallEngine(
        "e",
        store,
        provider,
        model -> new WorkerQuota(limits, time.nanoTime()),
        EngineConfig.DEFAULT,
        time,
        new Random(3));
  }

  private static final class Listening implements WorkListener {
    @Override
    public void jobEnded(JobOutcome outcome) {}

    @Override
    public void itemFinished(WorkItem item) {}
  }

  private static final class Provider implements LlmClients, LlmClient {
    private final VirtualTime time;
    private final Down down;
    private boolean isDown;
    private long calls;

    Provider(VirtualTime time, Down down) {
      this.time = time;
      this.down = down;
    }

    @Override
    public CompletableFuture<LlmAnswer> call(
        LlmRequest request, CallOptions options, Duration timeout) {
      calls++;
      var answer = new CompletableFuture<LlmAnswer>();
      if (!isDown) {
        later(Duration.ofMillis(400), () -> answer.complete(ScriptedClients.ANSWER));
        return answer;
      }
      switch (down) {
        case REFUSES -> answer.completeExceptionally(failure(ErrorCodes.CONNECTION));
        case UNREACHABLE ->
            later(
                Duration.ofSeconds(10),
                () -> answer.completeExceptionally(failure(ErrorCodes.CONNECTION)));
        case ERRORS ->
            later(
                Duration.ofSeconds(2),
                () -> answer.completeExceptionally(failure(ErrorCodes.PROVIDER_ERROR)));
        case HANGS ->
            later(timeout, () -> answer.completeExceptionally(failure(ErrorCodes.TIMEOUT)));
      }
      return answer;
    }

    private void later(Duration wait, Runnable run) {
      var unused = time.after(wait, run);
    }

    private static LlmException failure(String code) {
      JobError error = JobError.of(code, "for the test");
      return code.equals(ErrorCodes.CONNECTION)
          ? new LlmException.Unreachable(error)
          : new LlmException.Transient(error, Optional.empty());
    }

    @Override
    public ModelCatalog catalog() {
      return new ScriptedClients().catalog();
    }

    @Override
    public LlmClient client(String modelId) {
      return this;
    }

    @Override
    public void close() {}
  }
}
