package io.promptbeam.pipeline.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.StoredJobs;
import io.promptbeam.pipeline.sweep.Sweeper.Scope;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.StoreUnavailableException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class SweeperTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private static final LlmRequest REQUEST =
      new LlmRequest.Prompt(Optional.empty(), "x", JsonNodeFactory.instance.objectNode());

  private static final SweepConfig CONFIG =
      new SweepConfig(
          MINUTE,
          MINUTE.multipliedBy(10),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          7,
          MINUTE);

  private final InMemoryJobStore store = new InMemoryJobStore();

  private Job create() throws Exception {
    return StoredJobs.create(store, "m", 2, Duration.ofHours(1));
  }

  private Swept sweep(Instant now, Scope scope) {
    return sweep(store, now, scope);
  }

  /** All buckets. */
  private static Swept sweep(JobStore store, Instant now, Scope scope) {
    Sweeper sweeper = sweeper(store, now);
    int looked = 0;
    List<JobReference> again = new ArrayList<>();
    List<JobOutcome> ended = new ArrayList<>();
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      Swept swept = sweeper.sweep(bucket, scope).join();
      looked += swept.looked();
      again.addAll(swept.again());
      ended.addAll(swept.ended());
    }
    return new Swept(looked, again, ended, List.of(), List.of());
  }

  private static Sweeper sweeper(JobStore store, Instant now) {
    return new Sweeper(store, EndedNotices.none(), Clock.fixed(now, ZoneOffset.UTC), CONFIG);
  }

  /** The store, but for the calls to the methods that {@code fails} picks. */
  private JobStore failing(Predicate<String> fails) {
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(),
            new Class<?>[] {JobStore.class},
            (proxy, method, arguments) ->
                fails.test(method.getName())
                    ? CompletableFuture.failedFuture(
                        new StoreUnavailableException("away", new Exception()))
                    : method.invoke(store, arguments));
  }

  private Job apply(Job job, JobEvent event, Instant now) {
    var applied = new Jobs(store, Clock.fixed(now, ZoneOffset.UTC)).apply(job, event).join();
    return ((Jobs.Applied.Done) applied).job();
  }

  @Test
  void scheduledJob_isHandedOverAtItsTime_andNotBefore() throws Exception {
    Instant start = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.MILLIS);
    Job job = StoredJobs.scheduled(store, start);
    assertThat(dueOf(job)).isEqualTo(start);
    assertThat(sweep(start.minusMillis(1), Scope.DUE).looked()).isZero();
    // A runner that has forgotten everything looks at it, and leaves it for later.
    assertThat(sweep(start.minusSeconds(9), Scope.EVERYTHING).again()).isEmpty();
    assertThat(dueOf(job)).isBetween(start, start.plusSeconds(1));
    assertThat(sweep(start.plusSeconds(1), Scope.DUE).again())
        .extracting(JobReference::jobId)
        .containsExactly(job.spec().id());
  }

  private Instant dueOf(Job job) {
    return store.due().stream()
        .filter(entry -> entry.jobId().equals(job.spec().id()))
        .map(DueEntry::at)
        .reduce(
            (a, b) -> {
              throw new AssertionError("two entries");
            })
        .orElseThrow();
  }

  private JobRun runOf(Job job) {
    return store.read(job.spec().id(), Set.of()).join().orElseThrow().run();
  }

  private static Instant millis(Instant time) {
    return Instant.ofEpochMilli(time.toEpochMilli());
  }

  @Test
  void waitingJob_isHandedOverAfterAMinute_thenEverMoreRarely() throws Exception {
    Job job = create();
    Instant created = job.spec().createdAt();
    assertThat(sweep(created.plusSeconds(59), Scope.DUE).looked()).isZero();

    Instant now = created.plusSeconds(61);
    assertThat(sweep(now, Scope.DUE).again()).containsExactly(JobReference.to(job.spec()));
    assertThat(sweep(now, Scope.DUE).again()).as("its next look is later").isEmpty();
    assertThat(dueOf(job))
        .isBetween(millis(now.plusSeconds(61)), millis(now.plusSeconds(61)).plusMillis(1_000));

    now = created.plus(Duration.ofMinutes(4));
    assertThat(sweep(now, Scope.DUE).again()).hasSize(1);
    assertThat(dueOf(job))
        .isBetween(
            millis(now.plus(Duration.ofMinutes(4))),
            millis(now.plus(Duration.ofMinutes(4))).plusMillis(1_000));
    now = created.plus(Duration.ofMinutes(20));
    sweep(now, Scope.DUE);
    assertThat(dueOf(job))
        .isBetween(
            millis(now.plus(Duration.ofMinutes(10))),
            millis(now.plus(Duration.ofMinutes(10))).plusMillis(1_000));
    now = created.plus(Duration.ofMinutes(55));
    sweep(now, Scope.DUE);
    assertThat(dueOf(job))
        .as("the deadline is sooner")
        .isBetween(
            millis(job.spec().limits().deadline()),
            millis(job.spec().limits().deadline()).plusMillis(1_000));
  }

  @Test
  void everything_isHandedOver_whenNobodyRemembers() throws Exception {
    Set<JobReference> expected = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      expected.add(JobReference.to(create().spec()));
    }
    List<JobReference> again = sweep(Instant.now(), Scope.EVERYTHING).again();
    assertThat(again).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected);
    assertThat(store.due()).hasSize(100);
  }

  @Test
  void endedJob_isForgotten_whereverItsEntriesAre() throws Exception {
    Job job = create();
    Instant now = job.spec().createdAt();
    store.moveDue(Map.of(DueEntry.first(job.spec()), now.plusSeconds(5))).join();
    store.create(job.spec(), REQUEST).join();
    assertThat(store.due()).hasSize(2);
    apply(job, new JobEvent.RequestCancel(), now);
    Swept swept = sweep(now.plusSeconds(61), Scope.DUE);
    assertThat(swept.again()).isEmpty();
    assertThat(swept.ended()).as("it had ended before").isEmpty();
    assertThat(store.due()).isEmpty();
  }

  @Test
  void jobInACall_isLeftAlone_untilItsLeaseLapses() throws Exception {
    Job job = create();
    Instant now = job.spec().createdAt().plusSeconds(50);
    apply(job, new JobEvent.Claim("t", MINUTE), now);
    now = now.plusSeconds(30);
    assertThat(sweep(now, Scope.DUE).again()).isEmpty();
    assertThat(dueOf(job))
        .isBetween(millis(now.plusSeconds(31)), millis(now.plusSeconds(31)).plusMillis(1_000));
    now = now.plusSeconds(32);
    assertThat(sweep(now, Scope.DUE).again()).containsExactly(JobReference.to(job.spec()));
    assertThat(runOf(job).state()).as("who takes it over claims it").isEqualTo(JobState.PROCESSING);
  }

  @Test
  void jobWhoseAttemptsAllEndedWithTheirWorker_failsAsPoison() throws Exception {
    Job job = create();
    Instant now = job.spec().createdAt();
    job = apply(job, new JobEvent.Claim("a", MINUTE), now);
    job = apply(job, new JobEvent.Claim("b", MINUTE), now.plusSeconds(61));
    assertThat(sweep(now.plusSeconds(121), Scope.DUE).ended()).as("still leased").isEmpty();

    assertThat(sweep(now.plusSeconds(123), Scope.DUE).ended())
        .as("its answer may be on its way")
        .isEmpty();

    Swept swept = sweep(now.plusSeconds(151), Scope.DUE);
    assertThat(swept.again()).isEmpty();
    assertThat(swept.ended()).extracting(JobOutcome::errorCode).containsExactly(ErrorCodes.POISON);
    assertThat(runOf(job).state()).isEqualTo(JobState.FAILED);
    assertThat(runOf(job).attempt()).isEqualTo(2);
    assertThat(store.due()).isEmpty();
  }

  @Test
  void jobPastItsDeadline_expiresUncalled() throws Exception {
    Job job = StoredJobs.create(store, "m", 2, Duration.ofSeconds(5));
    Instant deadline = job.spec().limits().deadline();
    assertThat(sweep(deadline.minusMillis(10), Scope.DUE).looked()).isZero();
    assertThat(sweep(deadline.plusMillis(1), Scope.DUE).ended()).hasSize(1);
    assertThat(runOf(job).state()).isEqualTo(JobState.EXPIRED);
    assertThat(runOf(job).attempt()).isZero();
    assertThat(store.due()).isEmpty();
  }

  @Test
  void jobThatWaitsForARetry_isLookedAtWhenItIsTime() throws Exception {
    Job job = create();
    Instant now = job.spec().createdAt();
    Instant notBefore = now.plusSeconds(300);
    job = apply(job, new JobEvent.Claim("a", MINUTE), now);
    apply(job, new JobEvent.Retry("a", notBefore, JobError.of("timeout", "t")), now);
    assertThat(sweep(now.plusSeconds(61), Scope.DUE).again()).isEmpty();
    assertThat(dueOf(job)).isBetween(millis(notBefore), millis(notBefore).plusMillis(1_000));
    assertThat(sweep(notBefore.plusSeconds(1), Scope.DUE).again()).hasSize(1);
  }

  @Test
  void cancelledJobOfADeadWorker_isCancelled() throws Exception {
    Job job = create();
    Instant now = job.spec().createdAt();
    job = apply(job, new JobEvent.Claim("a", MINUTE), now);
    apply(job, new JobEvent.RequestCancel(), now);
    sweep(now.plusSeconds(62), Scope.DUE);
    assertThat(runOf(job).state()).isEqualTo(JobState.CANCELLED);
  }

  @Test
  void entryWithoutAJob_isKeptForADay_inCaseItsCreationGoesOn() throws Exception {
    Job job = create();
    Instant now = job.spec().createdAt();
    DueEntry orphan = new DueEntry(JobId.random(), now);
    store.moveDue(Map.of(new DueEntry(orphan.jobId(), now.minusSeconds(1)), now)).join();
    assertThat(sweep(now.plus(Duration.ofMinutes(30)), Scope.DUE).again()).hasSize(1);
    assertThat(store.due()).contains(orphan);
    sweep(now.plus(Duration.ofDays(1)).plusMillis(1), Scope.DUE);
    assertThat(store.due()).doesNotContain(orphan);
  }

  @Test
  void jobsThatWereMoved_areHandedOver_whenTheStoreFailsFurtherOn() throws Exception {
    for (int i = 0; i < 100; i++) {
      var unused = create();
    }
    Instant now = Instant.now().plusSeconds(61);
    Set<String> handedOver = new HashSet<>();
    int failures = 0;
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      int[] pages = new int[1];
      JobStore failing = failing(method -> method.equals("due") && ++pages[0] == 2);
      Swept swept = sweeper(failing, now).sweep(bucket, Scope.DUE).join();
      swept.again().forEach(reference -> handedOver.add(reference.jobId().toString()));
      failures += pages[0] >= 2 ? 1 : 0;
    }
    assertThat(failures).isPositive();
    long moved = store.due().stream().filter(entry -> entry.at().isAfter(now)).count();
    assertThat(handedOver).hasSize((int) moved);
    assertThat(sweep(now, Scope.DUE).again())
        .as("the rest is due still")
        .hasSize(100 - (int) moved);
  }

  @Test
  void sweep_beginsNoMorePages_onceItsTimeIsOver() throws Exception {
    for (int i = 0; i < 400; i++) {
      var unused = create();
    }
    Instant now = Instant.now().plusSeconds(61);
    Instant[] clock = {now};
    Clock running =
        new Clock() {
          @Override
          public Instant instant() {
            clock[0] = clock[0].plusSeconds(20);
            return clock[0];
          }

          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }
        };
    Swept swept =
        new Sweeper(store, EndedNotices.none(), running, CONFIG).sweep(0, Scope.DUE).join();
    assertThat(swept.looked()).isEqualTo(7);
    assertThat(swept.again()).hasSize(7);
  }

  @Test
  void jobs_areNotHandedOver_whenTheirEntriesCannotBeMoved() throws Exception {
    Job job = create();
    JobStore failing = failing("moveDue"::equals);
    Instant now = job.spec().createdAt().plusSeconds(61);
    assertThatThrownBy(() -> sweep(failing, now, Scope.DUE))
        .hasCauseInstanceOf(StoreUnavailableException.class);
    assertThat(sweep(now, Scope.DUE).again()).as("nothing is lost").hasSize(1);
  }
}
