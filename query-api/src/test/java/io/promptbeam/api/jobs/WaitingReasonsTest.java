package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Route;
import io.promptbeam.job.Transition;
import io.promptbeam.store.InMemoryLaneBoard;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import io.promptbeam.store.LaneSnapshot.Mark;
import io.promptbeam.store.LaneSnapshot.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WaitingReasonsTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
  private static final Owner ANN = new Owner("ann");
  private static final Owner BOB = new Owner("bob");

  private static Job job(JobRun run, Instant created) {
    var limits = new JobLimits(Priority.INTERACTIVE, 100, NOW.plusSeconds(3_600), 3);
    JobSpec spec =
        new JobSpec(
            JobId.random(), ANN, "m", JobLabels.ofType("t"), limits, created, Optional.empty());
    return new Job(spec, run, "v", Optional.empty(), Optional.empty());
  }

  private static Queue queue(Owner owner, long jobs, int weight, Instant since) {
    return queue(owner, jobs, weight, Optional.empty(), since);
  }

  private static Queue held(Owner owner, String reason) {
    return queue(owner, 5, 1, Optional.of(reason), NOW.minusSeconds(1));
  }

  private static Queue queue(
      Owner owner, long jobs, int weight, Optional<String> heldBy, Instant since) {
    return new Queue(
        owner,
        Priority.INTERACTIVE,
        jobs,
        jobs * 100,
        weight,
        0,
        heldBy,
        List.of(new Mark(since, 0), new Mark(NOW, jobs)));
  }

  private static LaneSnapshot lane(Instant at, Optional<Binding> binding, Queue... queues) {
    return lane("m", at, binding, queues);
  }

  private static LaneSnapshot lane(
      String model, Instant at, Optional<Binding> binding, Queue... queues) {
    return new LaneSnapshot(
        model,
        "w",
        at,
        List.of(queues),
        List.of(),
        binding,
        10,
        Duration.ofSeconds(2),
        LaneFigures.NONE);
  }

  private static Optional<Binding> binding(String reason) {
    return Optional.of(new Binding(reason, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  private static Waiting waiting(Job job, LaneSnapshot... lanes) {
    return WaitingReasons.reason(job, List.of(lanes), List.of(NOW), NOW).orElseThrow();
  }

  @Test
  void position_followsFairTurns_notTheLengthOfOthersQueues() {
    Instant minuteAgo = NOW.minusSeconds(60);
    // Of ann's 60 jobs, 30 came before; bob has three times her weight and a long backlog.
    Waiting waiting =
        waiting(
            job(JobRun.NEW, NOW.minusSeconds(30)),
            lane(
                NOW,
                binding("tokens"),
                queue(ANN, 60, 1, minuteAgo),
                queue(BOB, 100_000, 3, minuteAgo)));
    assertThat(waiting.reason()).isEqualTo("tokens");
    assertThat(waiting.aheadOfOwner()).hasValue(30);
    assertThat(waiting.position()).hasValue(120);
    assertThat(waiting.ownerShare()).hasValue(0.25);
    assertThat(waiting.estimatedStartAt()).contains(NOW.plusSeconds(13));
    assertThat(waiting.estimatedEndAt()).contains(NOW.plusSeconds(15));
    assertThat(waiting.message())
        .isEqualTo("Model m is at its tokens per minute; about 120 jobs are before this one.");
  }

  @Test
  void workers_areAddedUp_andOldSnapshotsDoNotCount() {
    Instant minuteAgo = NOW.minusSeconds(60);
    Queue half = queue(ANN, 60, 1, minuteAgo);
    Waiting waiting =
        waiting(
            job(JobRun.NEW, NOW.minusSeconds(30)),
            lane(NOW, binding("requests"), half),
            lane(NOW.minusSeconds(5), binding("requests"), half),
            lane(minuteAgo, binding("in_flight"), half));
    assertThat(waiting.reason()).isEqualTo("requests");
    assertThat(waiting.position()).hasValue(60);
    assertThat(waiting.estimatedStartAt()).contains(NOW.plusSeconds(4));
  }

  @Test
  void ownersLimit_isTheReason_whenItHoldsTheOwner() {
    Waiting waiting =
        waiting(
            job(JobRun.NEW, NOW),
            lane(NOW, binding("requests"), held(ANN, LaneSnapshot.OWNER_IN_FLIGHT)));
    assertThat(waiting.reason()).isEqualTo("owner_in_flight");
    assertThat(waiting.position()).hasValue(4);
  }

  @Test
  void ownersBudget_isTheReason_whenItHoldsTheOwner() {
    Waiting waiting =
        waiting(
            job(JobRun.NEW, NOW),
            lane(
                NOW,
                binding("requests"),
                held(ANN, LaneSnapshot.BUDGET),
                held(BOB, LaneSnapshot.OWNER_IN_FLIGHT)));
    assertThat(waiting.reason()).isEqualTo("budget");
    assertThat(waiting.message()).startsWith("The budget is used up");
    assertThat(waiting.estimatedStartAt()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {LaneSnapshot.BUDGET, LaneSnapshot.OWNER_IN_FLIGHT})
  void othersHold_isNeverTheReason(String reason) {
    Job job = job(JobRun.NEW, NOW);
    Queue bob = held(BOB, reason);
    Queue ann = queue(ANN, 5, 1, NOW.minusSeconds(1));
    assertThat(waiting(job, lane(NOW, binding("tokens"), ann, bob)).reason()).isEqualTo("tokens");
    assertThat(waiting(job, lane(NOW, binding(reason), ann, bob)).reason()).isEqualTo("queued");
    assertThat(waiting(job, lane(NOW, binding(reason), bob)).reason()).isEqualTo("queued");
  }

  @Test
  void providersOutage_isTheReason_evenWhenTheOwnerIsHeld() {
    Waiting waiting =
        waiting(
            job(JobRun.NEW, NOW),
            lane(NOW, binding(LaneSnapshot.BREAKER_OPEN), held(ANN, LaneSnapshot.BUDGET)));
    assertThat(waiting.reason()).isEqualTo("breaker_open");
  }

  @Test
  void reason_isOfTheModelThatTheJobWentOnTo() {
    JobRun run = JobRun.NEW;
    Job job = job(run, NOW);
    for (JobEvent event :
        List.of(
            new JobEvent.Claim("t", Duration.ofMinutes(1)),
            new JobEvent.Reroute(
                "t",
                Route.HOME.to("f", List.of()),
                true,
                Optional.empty(),
                JobError.of(ErrorCodes.TIMEOUT, "no answer"),
                List.of()))) {
      run = ((Transition.Moved) run.apply(event, job.spec().limits(), NOW)).next();
    }
    InMemoryLaneBoard board = new InMemoryLaneBoard();
    Queue ann = queue(ANN, 5, 1, NOW.minusSeconds(1));
    board.put(lane("m", NOW, binding("requests"), ann)).join();
    board.put(lane("f", NOW, binding("tokens"), ann)).join();
    WaitingReasons reasons = new WaitingReasons(new CachedBoard(board));
    assertThat(reasons.of(job, NOW).join().orElseThrow().reason()).isEqualTo("requests");
    Waiting rerouted = reasons.of(job(run, NOW), NOW).join().orElseThrow();
    assertThat(rerouted.reason()).isEqualTo("tokens");
    assertThat(rerouted.message()).startsWith("Model f is at its tokens per minute");
  }

  @Test
  void failedAttempt_isTheReason_untilTheNextMayStart() {
    var limits = job(JobRun.NEW, NOW).spec().limits();
    JobRun run = JobRun.NEW;
    for (JobEvent event :
        List.of(
            new JobEvent.Claim("t", Duration.ofMinutes(1)),
            new JobEvent.Retry(
                "t", NOW.plusSeconds(9), JobError.of(ErrorCodes.TIMEOUT, "secret text")))) {
      run = ((Transition.Moved) run.apply(event, limits, NOW)).next();
    }
    Waiting waiting = waiting(job(run, NOW));
    assertThat(waiting.reason()).isEqualTo("retry_backoff");
    assertThat(waiting.message()).contains(ErrorCodes.TIMEOUT).doesNotContain("secret");
    assertThat(waiting.notBefore()).contains(NOW.plusSeconds(9));
  }

  @Test
  void gist_changesWithReasonAndHalvedPositionsOnly() {
    Instant since = NOW.minusSeconds(60);
    Job job = job(JobRun.NEW, NOW);
    String hundred = waiting(job, lane(NOW, binding("tokens"), queue(ANN, 101, 1, since))).gist();
    String eighty = waiting(job, lane(NOW, binding("tokens"), queue(ANN, 81, 1, since))).gist();
    String forty = waiting(job, lane(NOW, binding("tokens"), queue(ANN, 41, 1, since))).gist();
    assertThat(eighty).isEqualTo(hundred);
    assertThat(forty).isNotEqualTo(eighty);
  }
}
