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
import io.promptbeam.job.Transition;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import io.promptbeam.store.LaneSnapshot.Mark;
import io.promptbeam.store.LaneSnapshot.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

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

  private static Queue queue(Owner owner, long jobs, int weight, boolean held, Instant since) {
    return new Queue(
        owner,
        Priority.INTERACTIVE,
        jobs,
        jobs * 100,
        weight,
        0,
        held,
        List.of(new Mark(since, 0), new Mark(NOW, jobs)));
  }

  private static LaneSnapshot lane(Instant at, Optional<Binding> binding, Queue... queues) {
    return new LaneSnapshot(
        "m", "w", at, List.of(queues), List.of(), binding, 10, Duration.ofSeconds(2));
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
                queue(ANN, 60, 1, false, minuteAgo),
                queue(BOB, 100_000, 3, false, minuteAgo)));
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
    Queue half = queue(ANN, 60, 1, false, minuteAgo);
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
            lane(NOW, binding("requests"), queue(ANN, 5, 1, true, NOW.minusSeconds(1))));
    assertThat(waiting.reason()).isEqualTo("owner_in_flight");
    assertThat(waiting.position()).hasValue(4);
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
    String hundred =
        waiting(job, lane(NOW, binding("tokens"), queue(ANN, 101, 1, false, since))).gist();
    String eighty =
        waiting(job, lane(NOW, binding("tokens"), queue(ANN, 81, 1, false, since))).gist();
    String forty =
        waiting(job, lane(NOW, binding("tokens"), queue(ANN, 41, 1, false, since))).gist();
    assertThat(eighty).isEqualTo(hundred);
    assertThat(forty).isNotEqualTo(eighty);
  }
}
