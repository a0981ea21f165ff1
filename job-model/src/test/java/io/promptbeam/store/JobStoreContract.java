package io.promptbeam.store;

import static io.promptbeam.store.TestJobs.T0;
import static io.promptbeam.store.TestJobs.prompt;
import static io.promptbeam.store.TestJobs.spec;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.Calls;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Transition;
import io.promptbeam.job.Usage;
import io.promptbeam.store.JobStore.Creation;
import io.promptbeam.store.JobStore.Part;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does with single jobs. Every test has an owner of its own. */
abstract class JobStoreContract {
  static final Instant END = Instant.parse("2100-01-01T00:00:00Z");
  static final Set<Part> ALL_PARTS = EnumSet.allOf(Part.class);

  final Owner owner = new Owner("o-" + UUID.randomUUID());
  JobStore store;

  /**
   * @param cellClock stamps what the store writes, if it stamps
   * @param listScanBudget rows that one page of a list may look at
   */
  abstract JobStore open(Clock cellClock, int listScanBudget);

  /** What the due index holds of these jobs. */
  List<DueEntry> due(JobSpec... specs) {
    List<JobId> ids = Arrays.stream(specs).map(JobSpec::id).toList();
    List<DueEntry> found = new ArrayList<>();
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      store.due(bucket, END, Optional.empty(), 100_000).join().stream()
          .filter(entry -> ids.contains(entry.jobId()))
          .forEach(found::add);
    }
    return found;
  }

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
    var complete = new JobEvent.Complete("t", Calls.paid(Usage.of(3, 4), new BigDecimal("0.0010")));
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
    assertThat(due(first)).containsExactly(DueEntry.first(first));
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

  /** Many writers who know nothing of each other: what stands in the row is one after the other. */
  @Test
  void history_isAPathOfTheStateMachine_whateverComesTogether() {
    Random random = new Random(31);
    for (int round = 0; round < 20; round++) {
      Job job = created(spec(owner, T0));
      Map<String, Written> byVersion = new ConcurrentHashMap<>();
      JobStore noting = noting(byVersion);
      List<CompletableFuture<Jobs.Applied>> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        // Clocks ten minutes apart, and a minute's lease: each may think the others' have lapsed.
        Jobs writer = new Jobs(noting, at(T0.plusSeconds(random.nextInt(1_200) - 600)));
        all.add(writer.apply(job, event(random, i)));
      }
      all.forEach(CompletableFuture::join);

      List<JobState> path = new ArrayList<>(List.of(JobState.PENDING));
      Written step = byVersion.get(job.version());
      String version = job.version();
      while (step != null) {
        assertThat(Transitions.isLegal(step.before(), step.after()))
            .as("%s to %s", step.before(), step.after())
            .isTrue();
        path.add(step.after().state());
        version = step.version();
        step = byVersion.get(version);
      }
      Job last = store.read(job.spec().id(), Set.of()).join().orElseThrow();
      assertThat(last.version()).as("no write outside the path %s", path).isEqualTo(version);
      assertThat(path).hasSize(byVersion.size() + 1);
    }
  }

  private record Written(JobRun before, JobRun after, String version) {}

  private static JobEvent event(Random random, int number) {
    String token = "t" + random.nextInt(number + 1);
    JobError error = JobError.of("timeout", "late");
    return switch (random.nextInt(7)) {
      case 0, 1 -> new JobEvent.Claim("t" + number, Duration.ofMinutes(1));
      case 2 -> new JobEvent.Renew(token, Duration.ofMinutes(1));
      case 3 -> new JobEvent.Retry(token, T0, error);
      case 4 -> new JobEvent.Complete(token, Calls.paid(Usage.of(1, 2), BigDecimal.ONE));
      case 5 -> new JobEvent.Release(token, Optional.empty());
      default ->
          number < 30
              ? new JobEvent.Renew(token, Duration.ofMinutes(1))
              : new JobEvent.RequestCancel();
    };
  }

  /** Notes each write that was done under the version it replaced. */
  private JobStore noting(Map<String, Written> byVersion) {
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, method, arguments) -> {
              Object answer = method.invoke(store, arguments);
              if (!method.getName().equals("compareAndSet")) {
                return answer;
              }
              Job current = (Job) arguments[0];
              JobRun next = (JobRun) arguments[1];
              @SuppressWarnings("unchecked") // compareAndSet answers nothing else
              var written = (CompletableFuture<Optional<String>>) answer;
              return written.thenApply(
                  version -> {
                    version.ifPresent(
                        v -> {
                          Written before =
                              byVersion.put(current.version(), new Written(current.run(), next, v));
                          assertThat(before).as("two writes on one version").isNull();
                        });
                    return version;
                  });
            });
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
  void job_isDueAMinuteAfterItsCreation_orAtItsDeadline() {
    JobSpec usual = spec(owner, T0);
    JobSpec shortLived =
        new JobSpec(
            JobId.random(),
            owner,
            "m",
            usual.labels(),
            new JobLimits(Priority.BATCH, 1, T0.plusSeconds(5), 1),
            T0,
            Optional.empty());
    created(usual);
    created(shortLived);
    assertThat(due(usual)).containsExactly(new DueEntry(usual.id(), T0.plusSeconds(60)));
    assertThat(due(shortLived)).containsExactly(new DueEntry(shortLived.id(), T0.plusSeconds(5)));
  }

  @Test
  void due_readsABucketInOrderAndInPages() {
    List<DueEntry> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      JobSpec spec = spec(owner, T0.plusMillis(i % 7));
      created(spec);
      all.add(DueEntry.first(spec));
    }
    Set<JobId> mine = all.stream().map(DueEntry::jobId).collect(Collectors.toSet());
    List<DueEntry> read = new ArrayList<>();
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      Optional<DueEntry> after = Optional.empty();
      List<DueEntry> page;
      do {
        page = store.due(bucket, T0.plusSeconds(60).plusMillis(3), after, 3).join();
        assertThat(page).hasSizeLessThanOrEqualTo(3).isSorted();
        page.stream().filter(entry -> mine.contains(entry.jobId())).forEach(read::add);
        after = page.isEmpty() ? after : Optional.of(page.get(page.size() - 1));
      } while (!page.isEmpty());
    }
    assertThat(read)
        .containsExactlyInAnyOrderElementsOf(
            all.stream().filter(e -> !e.at().isAfter(T0.plusSeconds(60).plusMillis(3))).toList());
  }

  @Test
  void dueEntries_areMovedAndRemoved() {
    JobSpec first = spec(owner, T0);
    JobSpec second = spec(owner, T0);
    List.of(first, second).forEach(this::created);
    Instant later = T0.plusSeconds(999);

    store.moveDue(Map.of(DueEntry.first(first), later)).join();
    assertThat(due(first, second))
        .containsExactlyInAnyOrder(new DueEntry(first.id(), later), DueEntry.first(second));
    store.moveDue(Map.of(new DueEntry(first.id(), later), later)).join();
    assertThat(due(first)).as("moved to where it is").hasSize(1);

    store.removeDue(List.of(DueEntry.first(first), DueEntry.first(second))).join();
    assertThat(due(first, second)).containsExactly(new DueEntry(first.id(), later));
    store.removeDue(List.of()).join();
  }

  @Test
  void untouchedJob_isDueAgain_whenItIsCreatedAgain() {
    JobSpec spec = spec(owner, T0);
    Job job = created(spec);
    store.removeDue(List.of(DueEntry.first(spec))).join();
    JobSpec again = spec(spec.id(), owner, T0.plusSeconds(5), spec.modelId(), spec.labels());
    assertThat(store.create(again, prompt("Why?")).join().created()).isFalse();
    assertThat(due(spec)).containsExactly(DueEntry.first(spec));

    store.removeDue(List.of(DueEntry.first(spec))).join();
    completed(job, "{}");
    store.create(again, prompt("Why?")).join();
    assertThat(due(spec)).isEmpty();
  }

  @Test
  void answers_haveOneLead_whichIsReplacedOnlyByWhoSawIt() throws Exception {
    AnswerIndex answers = store.answers();
    AnswerKey key = new AnswerKey("0a", JobId.random().toString());
    JobId first = JobId.random();
    JobId second = JobId.random();
    Instant since = Instant.parse("2026-11-23T10:00:00.123Z");
    assertThat(answers.find(key).get()).isEmpty();
    assertThat(answers.lead(key, first, since, Optional.empty()).get()).isTrue();
    assertThat(answers.lead(key, second, since, Optional.empty()).get()).isFalse();
    AnswerIndex.Lead lead = answers.find(key).get().orElseThrow();
    assertThat(lead.jobId()).isEqualTo(first);
    assertThat(lead.since()).isEqualTo(since);
    assertThat(answers.lead(key, second, since, Optional.of(lead)).get()).isTrue();
    assertThat(answers.lead(key, first, since, Optional.of(lead)).get()).isFalse();
    assertThat(answers.find(key).get().orElseThrow().jobId()).isEqualTo(second);
  }

  @Test
  void ping_completes_whenTheStoreAnswers() {
    assertThat(store.ping()).succeedsWithin(Duration.ofSeconds(30));
  }
}
