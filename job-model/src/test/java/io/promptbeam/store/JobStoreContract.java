package io.promptbeam.store;

import static io.promptbeam.store.TestJobs.T0;
import static io.promptbeam.store.TestJobs.prompt;
import static io.promptbeam.store.TestJobs.spec;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Transition;
import io.promptbeam.job.Usage;
import io.promptbeam.store.JobStore.Creation;
import io.promptbeam.store.JobStore.Part;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does with single jobs. Every test has an owner of its own. */
abstract class JobStoreContract {
  static final Set<Part> ALL_PARTS = EnumSet.allOf(Part.class);

  final Owner owner = new Owner("o-" + UUID.randomUUID());
  JobStore store;

  /**
   * @param cellClock stamps what the store writes, if it stamps
   * @param listScanBudget rows that one page of a list may look at
   */
  abstract JobStore open(Clock cellClock, int listScanBudget);

  /** Which of these jobs still have a due row. */
  abstract Set<JobId> undispatched(List<JobSpec> jobs);

  @BeforeEach
  void openStore() {
    store = open(Clock.systemUTC(), 2_000);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  static Clock at(Instant time) {
    return Clock.fixed(time, ZoneOffset.UTC);
  }

  Job created(JobSpec spec) {
    Creation creation = store.create(spec, prompt("Why?")).join();
    assertThat(creation.created()).isTrue();
    return creation.job();
  }

  /** Claims and completes the job with {@code result}. */
  Job completed(Job job, String result) {
    Jobs jobs = new Jobs(store, at(job.spec().createdAt()));
    Job claimed = done(jobs.apply(job, new JobEvent.Claim("t", Duration.ofMinutes(1))));
    var complete = new JobEvent.Complete("t", Usage.of(3, 4), new BigDecimal("0.0010"));
    return done(jobs.apply(claimed, complete, Optional.of(result.getBytes(UTF_8))));
  }

  static Job done(CompletableFuture<Jobs.Applied> applied) {
    assertThat(applied.join()).isInstanceOf(Jobs.Applied.Done.class);
    return ((Jobs.Applied.Done) applied.join()).job();
  }

  @Test
  void create_returnsTheExistingJob_whenThereIsOne() {
    JobSpec first = spec(owner, T0);
    JobSpec second = spec(first.id(), owner, T0.plusSeconds(5), "other", first.labels());
    Job job = created(first);
    assertThat(job.spec()).isEqualTo(first);
    assertThat(job.run()).isEqualTo(JobRun.NEW);

    Creation again = store.create(second, prompt("Other?")).join();

    assertThat(again.created()).isFalse();
    assertThat(again.job()).isEqualTo(job);
    assertThat(store.read(first.id(), ALL_PARTS).join().orElseThrow().request())
        .contains(prompt("Why?"));
    assertThat(store.list(owner, JobFilter.ALL, 10, Optional.empty()).join().jobs())
        .containsExactly(job);
    assertThat(undispatched(List.of(first))).containsExactly(first.id());
  }

  @Test
  void createAll_answersInOrder_whenSomeExist() {
    JobSpec existing = spec(owner, T0);
    created(existing);
    Map<JobSpec, LlmRequest> jobs = new LinkedHashMap<>();
    List<JobSpec> specs = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      JobSpec spec = i == 300 ? existing : spec(owner, T0.plusMillis(i));
      specs.add(spec);
      jobs.put(spec, prompt("Question " + i));
    }

    List<Creation> creations = store.createAll(jobs).join();

    assertThat(creations).extracting(creation -> creation.job().spec()).isEqualTo(specs);
    assertThat(creations).filteredOn(creation -> !creation.created()).hasSize(1);
    assertThat(creations.get(300).created()).isFalse();
    Job last = store.read(specs.get(599).id(), ALL_PARTS).join().orElseThrow();
    assertThat(last.request()).contains(prompt("Question 599"));
    assertThat(last.version()).isEqualTo(creations.get(599).job().version());
    assertThat(store.createAll(Map.of()).join()).isEmpty();
  }

  @Test
  void read_returnsWhatWasAskedFor() {
    Job ended = completed(created(spec(owner, T0)), "{\"answer\":42}");
    Job waiting = created(spec(owner, T0));
    JobId absent = JobId.random();
    List<JobId> ids = List.of(ended.spec().id(), absent, waiting.spec().id());

    Map<JobId, Job> bare = store.read(ids, Set.of()).join();
    assertThat(bare).containsOnlyKeys(ended.spec().id(), waiting.spec().id());
    assertThat(bare.get(waiting.spec().id())).isEqualTo(waiting);
    assertThat(bare.values()).allMatch(j -> j.request().isEmpty() && j.result().isEmpty());

    Map<JobId, Job> requests = store.read(ids, Set.of(Part.REQUEST)).join();
    assertThat(requests.values())
        .allMatch(j -> j.request().equals(Optional.of(prompt("Why?"))) && j.result().isEmpty());

    Map<JobId, Job> results = store.read(ids, Set.of(Part.RESULT)).join();
    assertThat(results.values()).allMatch(j -> j.request().isEmpty());
    assertThat(results.values())
        .allSatisfy(
            job ->
                assertThat(job.result().map(r -> new String(r, UTF_8)))
                    .isEqualTo(
                        job.spec().equals(ended.spec())
                            ? Optional.of("{\"answer\":42}")
                            : Optional.empty()));

    assertThat(store.read(absent, ALL_PARTS).join()).isEmpty();
    assertThat(store.read(List.of(), ALL_PARTS).join()).isEmpty();
  }

  @Test
  void compareAndSet_succeedsOnce_perVersion() {
    Job job = created(spec(owner, T0));
    JobRun next = claim(job, "a");

    Optional<String> version = store.compareAndSet(job, next, Optional.empty()).join();

    assertThat(version).isPresent().isNotEqualTo(Optional.of(job.version()));
    assertThat(store.compareAndSet(job, claim(job, "b"), Optional.empty()).join()).isEmpty();
    Job read = store.read(job.spec().id(), Set.of()).join().orElseThrow();
    assertThat(read.run()).isEqualTo(next);
    assertThat(Optional.of(read.version())).isEqualTo(version);
    Job absent =
        new Job(spec(owner, T0), job.run(), job.version(), Optional.empty(), Optional.empty());
    assertThat(store.compareAndSet(absent, next, Optional.empty()).join()).isEmpty();
    assertThat(store.read(absent.spec().id(), Set.of()).join()).isEmpty();
  }

  static JobRun claim(Job job, String token) {
    var event = new JobEvent.Claim(token, Duration.ofMinutes(1));
    Transition transition = job.run().apply(event, job.spec().limits(), job.spec().createdAt());
    return ((Transition.Moved) transition).next();
  }

  @Test
  void claim_hasOneWinner_when200Compete() {
    Job job = created(spec(owner, T0));
    Jobs jobs = new Jobs(store, at(T0));
    List<CompletableFuture<Jobs.Applied>> claims = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      claims.add(jobs.apply(job, new JobEvent.Claim("token-" + i, Duration.ofMinutes(1))));
    }

    List<Job> winners = new ArrayList<>();
    for (var claim : claims) {
      if (claim.join() instanceof Jobs.Applied.Done done) {
        winners.add(done.job());
      } else {
        assertThat(((Jobs.Applied.Refused) claim.join()).reason())
            .isEqualTo(Transition.Reason.LEASE_HELD);
      }
    }

    assertThat(winners).hasSize(1);
    Job stored = store.read(job.spec().id(), Set.of()).join().orElseThrow();
    assertThat(stored).isEqualTo(winners.get(0));
    assertThat(stored.run().attempt()).isEqualTo(1);
  }

  @Test
  void result_isWrittenWithTheTerminalRun() {
    Job ended = completed(created(spec(owner, T0)), "{\"text\":\"é\"}");
    Job read = store.read(ended.spec().id(), ALL_PARTS).join().orElseThrow();
    assertThat(read.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(read.run()).isEqualTo(ended.run());
    assertThat(read.run().ending().orElseThrow().costUsd()).contains(new BigDecimal("0.0010"));
    assertThat(read.result().map(r -> new String(r, UTF_8))).contains("{\"text\":\"é\"}");
  }

  @Test
  void erase_removesRequestAndResult_andKeepsTheRun() {
    Job ended = completed(created(spec(owner, T0)), "{}");
    Job erased = done(new Jobs(store, at(T0)).apply(ended, new JobEvent.Erase()));
    Job read = store.read(ended.spec().id(), ALL_PARTS).join().orElseThrow();
    assertThat(read.request()).isEmpty();
    assertThat(read.result()).isEmpty();
    assertThat(read.run()).isEqualTo(erased.run());
    assertThat(read.run().erased()).isTrue();
    assertThat(read.run().ending()).isEqualTo(ended.run().ending());
  }

  @Test
  void write_wins_whenItsClockIsBehind() {
    Job job = created(spec(owner, T0));
    Clock behind = Clock.offset(Clock.systemUTC(), Duration.ofHours(-3));
    try (JobStore late = open(behind, 2_000)) {
      JobStore its = late instanceof InMemoryJobStore ? store : late;
      JobRun next = claim(job, "behind");
      String version = its.compareAndSet(job, next, Optional.empty()).join().orElseThrow();
      Job read = store.read(job.spec().id(), Set.of()).join().orElseThrow();
      assertThat(read.run()).isEqualTo(next);
      assertThat(read.version()).isEqualTo(version);
      assertThat(store.compareAndSet(job, next, Optional.empty()).join()).isEmpty();
      assertThat(store.compareAndSet(read, job.run(), Optional.empty()).join()).isPresent();
    }
  }

  @Test
  void largeRequestAndResult_roundTrip() {
    JobSpec spec = spec(owner, T0);
    LlmRequest request = prompt("é".repeat(2_500_000));
    Job job = store.create(spec, request).join().job();
    completed(job, "\"" + "x".repeat(5_000_000) + "\"");
    Job read = store.read(spec.id(), ALL_PARTS).join().orElseThrow();
    assertThat(read.request().equals(Optional.of(request))).isTrue();
    assertThat(read.result().orElseThrow()).hasSize(5_000_002);
  }

  @Test
  void tooLargeRequestAndResult_areRefused() {
    JobSpec spec = spec(owner, T0);
    LlmRequest request = prompt("x".repeat(JobStore.MAX_REQUEST_BYTES));
    assertThatThrownBy(() -> store.create(spec, request))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.createAll(Map.of(spec, request)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(store.read(spec.id(), Set.of()).join()).isEmpty();

    Job job = created(spec);
    Optional<byte[]> result = Optional.of(new byte[JobStore.MAX_RESULT_BYTES + 1]);
    assertThatThrownBy(() -> store.compareAndSet(job, claim(job, "t"), result))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void markDispatched_clearsDueRows() {
    JobSpec first = spec(owner, T0);
    JobSpec second = spec(owner, T0);
    JobSpec third = spec(owner, T0.plusMillis(1));
    List.of(first, second, third).forEach(this::created);
    assertThat(undispatched(List.of(first, second, third)))
        .containsExactlyInAnyOrder(first.id(), second.id(), third.id());

    store.markDispatched(List.of(first, third)).join();
    store.markDispatched(List.of(first)).join();
    store.markDispatched(List.of()).join();

    assertThat(undispatched(List.of(first, second, third))).containsExactly(second.id());
  }

  @Test
  void ping_completes_whenTheStoreAnswers() {
    assertThat(store.ping()).succeedsWithin(Duration.ofSeconds(30));
  }
}
