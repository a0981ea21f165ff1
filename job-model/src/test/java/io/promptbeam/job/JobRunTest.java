package io.promptbeam.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Transition.Moved;
import io.promptbeam.job.Transition.Reason;
import io.promptbeam.job.Transition.Refused;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JobRunTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final JobError ERROR = JobError.of(ErrorCodes.PROVIDER_ERROR, "500");
  private static final JobLimits LIMITS =
      new JobLimits(Priority.INTERACTIVE, 10, NOW.plusSeconds(3_600), 2);

  @Test
  void claim_countsTheAttemptAndLeases_whenPending() {
    JobRun run = move(JobRun.NEW, claim("t1"), NOW);
    assertThat(run.state()).isEqualTo(JobState.PROCESSING);
    assertThat(run.attempt()).isEqualTo(1);
    assertThat(run.lease()).contains(new Lease("t1", NOW.plus(LEASE)));
    assertThat(run.startedAt()).contains(NOW);
  }

  @Test
  void claim_isRefused_whileAnotherLeaseIsLive_andTakesOverOnceItLapsed() {
    JobRun run = move(JobRun.NEW, claim("t1"), NOW);
    assertThat(refuse(run, claim("t2"), NOW.plusSeconds(59))).isEqualTo(Reason.LEASE_HELD);
    JobRun taken = move(run, claim("t2"), NOW.plusSeconds(60));
    assertThat(taken.attempt()).isEqualTo(2);
    assertThat(taken.holds("t2")).isTrue();
    assertThat(refuse(taken, claim("t3"), NOW.plusSeconds(300)))
        .isEqualTo(Reason.ATTEMPTS_EXHAUSTED);
  }

  @Test
  void record_isRefused_whenTheTokenIsNotTheLeases() {
    JobRun run = move(JobRun.NEW, claim("t1"), NOW);
    for (JobEvent event : recordsUnder("stale")) {
      assertThat(refuse(run, event, NOW)).as(event.toString()).isEqualTo(Reason.TOKEN_LOST);
    }
  }

  @Test
  void record_countsUnderTheRightToken_evenAfterTheLeaseLapsed() {
    JobRun run = move(JobRun.NEW, claim("t1"), NOW);
    JobRun done = move(run, complete("t1"), NOW.plusSeconds(500));
    assertThat(done.state()).isEqualTo(JobState.COMPLETED);
    assertThat(done.ending().orElseThrow().error()).isEmpty();
  }

  @Test
  void claim_isRefused_beforeTheTimeTheSubmissionNamed() {
    Instant start = NOW.plusSeconds(100);
    var limits =
        new JobLimits(Priority.BATCH, 10, 0, NOW.plusSeconds(3_600), 2, Optional.of(start));
    assertThat(JobRun.NEW.apply(claim("t1"), limits, start.minusMillis(1)))
        .isEqualTo(new Refused(Reason.NOT_DUE));
    assertThat(JobRun.NEW.apply(claim("t1"), limits, start)).isInstanceOf(Moved.class);
    assertThat(JobRun.NEW.apply(new JobEvent.RequestCancel(), limits, NOW))
        .isInstanceOf(Moved.class);
    assertThat(JobRun.NEW.notBefore(limits)).contains(start);
  }

  @Test
  void retry_waits_thenFailsWithTheLastError_whenNoAttemptIsLeft() {
    JobRun run = move(JobRun.NEW, claim("t1"), NOW);
    JobRun waiting = move(run, new JobEvent.Retry("t1", NOW.plusSeconds(5), ERROR), NOW);
    assertThat(waiting.state()).isEqualTo(JobState.PENDING);
    assertThat(refuse(waiting, claim("t2"), NOW.plusSeconds(4))).isEqualTo(Reason.NOT_DUE);
    JobRun again = move(waiting, claim("t2"), NOW.plusSeconds(5));
    JobRun failed = move(again, new JobEvent.Retry("t2", NOW.plusSeconds(9), ERROR), NOW);
    assertThat(failed.state()).isEqualTo(JobState.FAILED);
    assertThat(failed.ending().orElseThrow().error()).contains(ERROR);
  }

  @Test
  void retry_expires_whenTheNextAttemptWouldComeAfterTheDeadline() {
    JobRun run = move(JobRun.NEW, claim("t1"), NOW);
    JobRun ended = move(run, new JobEvent.Retry("t1", LIMITS.deadline(), ERROR), NOW);
    assertThat(ended.state()).isEqualTo(JobState.EXPIRED);
    assertThat(ended.ending().orElseThrow().error().orElseThrow().code())
        .isEqualTo(ErrorCodes.DEADLINE_EXCEEDED);
  }

  @Test
  void lease_endsSoonAfterTheDeadline() {
    Instant late = LIMITS.deadline().minusSeconds(1);
    Instant end = LIMITS.deadline().plusSeconds(5);
    JobRun run = move(JobRun.NEW, claim("t1"), late);
    assertThat(run.lease().map(Lease::expiresAt)).contains(end);
    JobRun renewed = move(run, new JobEvent.Renew("t1", Duration.ofMinutes(1)), late);
    assertThat(renewed.lease().map(Lease::expiresAt)).contains(end);
    assertThat(move(renewed, new JobEvent.Expire(), end).state()).isEqualTo(JobState.EXPIRED);
  }

  @Test
  void release_givesTheAttemptBack() {
    JobRun run = move(JobRun.NEW, claim("t1"), NOW);
    JobRun back = move(run, new JobEvent.Release("t1", Optional.empty()), NOW);
    assertThat(back.state()).isEqualTo(JobState.PENDING);
    assertThat(back.attempt()).isZero();
  }

  @Test
  void givingUp_appliesOnlyOnceTheLastLeaseLapsed_andNotToAJobThatWasHandedBackMeanwhile() {
    JobRun first = move(JobRun.NEW, claim("t1"), NOW);
    JobRun last = move(first, claim("t2"), NOW.plusSeconds(60));
    Instant lapsed = NOW.plusSeconds(150);
    assertThat(refuse(last, new JobEvent.GiveUp(Duration.ofSeconds(30)), lapsed.minusMillis(1)))
        .isEqualTo(Reason.LEASE_HELD);
    JobRun ended = move(last, new JobEvent.GiveUp(Duration.ofSeconds(30)), lapsed);
    assertThat(ended.state()).isEqualTo(JobState.FAILED);
    assertThat(ended.ending().flatMap(Ending::error).map(JobError::code))
        .contains(ErrorCodes.POISON);
    JobRun handedBack = move(last, new JobEvent.Release("t2", Optional.empty()), lapsed);
    assertThat(refuse(handedBack, new JobEvent.GiveUp(Duration.ofSeconds(30)), lapsed))
        .isEqualTo(Reason.ATTEMPTS_LEFT);
  }

  @Test
  void cancel_endsAPendingJobAtOnce_andIsARequestWhileACallRuns() {
    assertThat(move(JobRun.NEW, new JobEvent.RequestCancel(), NOW).state())
        .isEqualTo(JobState.CANCELLED);
    JobRun asked = move(move(JobRun.NEW, claim("t1"), NOW), new JobEvent.RequestCancel(), NOW);
    assertThat(asked.state()).isEqualTo(JobState.PROCESSING);
    assertThat(asked.cancelRequested()).isTrue();
    assertThat(refuse(asked, new JobEvent.RequestCancel(), NOW)).isEqualTo(Reason.NO_CHANGE);
    assertThat(move(asked, new JobEvent.Renew("t1", LEASE), NOW).cancelRequested()).isTrue();
    assertThat(move(asked, new JobEvent.Abort("t1"), NOW).state()).isEqualTo(JobState.CANCELLED);
    assertThat(move(asked, complete("t1"), NOW).state())
        .as("a paid answer is kept")
        .isEqualTo(JobState.COMPLETED);
    assertThat(move(asked, new JobEvent.Retry("t1", NOW, ERROR), NOW).state())
        .isEqualTo(JobState.CANCELLED);
    assertThat(move(asked, claim("t2"), NOW.plusSeconds(61)).state())
        .as("the next worker finds the request")
        .isEqualTo(JobState.CANCELLED);
  }

  @Test
  void expire_appliesAtTheDeadline_andNotToALiveLease() {
    assertThat(refuse(JobRun.NEW, new JobEvent.Expire(), LIMITS.deadline().minusMillis(1)))
        .isEqualTo(Reason.DEADLINE_NOT_PASSED);
    assertThat(move(JobRun.NEW, new JobEvent.Expire(), LIMITS.deadline()).state())
        .isEqualTo(JobState.EXPIRED);
    Instant justBefore = LIMITS.deadline().minusSeconds(1);
    JobRun running = move(JobRun.NEW, claim("t1"), justBefore);
    assertThat(refuse(running, new JobEvent.Expire(), LIMITS.deadline()))
        .isEqualTo(Reason.LEASE_HELD);
    assertThat(refuse(JobRun.NEW, claim("t1"), LIMITS.deadline()))
        .isEqualTo(Reason.DEADLINE_PASSED);
  }

  @Test
  void erase_appliesOnceAndOnlyToEndedJobs() {
    assertThat(refuse(JobRun.NEW, new JobEvent.Erase(), NOW)).isEqualTo(Reason.NOT_TERMINAL);
    JobRun done = move(move(JobRun.NEW, claim("t1"), NOW), complete("t1"), NOW);
    JobRun erased = move(done, new JobEvent.Erase(), NOW);
    assertThat(erased.erased()).isTrue();
    assertThat(erased.ending()).isEqualTo(done.ending());
    assertThat(refuse(erased, new JobEvent.Erase(), NOW)).isEqualTo(Reason.NO_CHANGE);
  }

  @Test
  void anyHistory_keepsThePromises() {
    for (long seed = 0; seed < 2_000; seed++) {
      var random = new Random(seed);
      JobRun run = JobRun.NEW;
      Instant now = NOW;
      int calls = 0;
      for (int step = 0; step < 40; step++) {
        now = now.plusSeconds(random.nextInt(300));
        JobEvent event = anyEvent(random, now);
        if (!(run.apply(event, LIMITS, now) instanceof Moved moved)) {
          continue;
        }
        JobRun next = moved.next();
        String at = "seed " + seed + " step " + step + ": " + run + " -> " + event;
        if (run.state().isTerminal()) {
          assertThat(next.state()).as(at).isEqualTo(run.state());
          assertThat(next.ending()).as(at).isEqualTo(run.ending());
        }
        if (event instanceof JobEvent.Claim && next.state() == JobState.PROCESSING) {
          calls++;
          assertThat(run.leaseIsLive(now)).as(at).isFalse();
          assertThat(now).as(at).isBefore(LIMITS.deadline());
        }
        if (event instanceof JobEvent.Release && run.attempt() > next.attempt()) {
          calls--;
        }
        assertThat(next.attempt()).as(at).isEqualTo(calls).isLessThanOrEqualTo(2);
        run = next;
      }
    }
  }

  private static JobEvent anyEvent(Random random, Instant now) {
    String token = "t" + random.nextInt(3);
    return switch (random.nextInt(11)) {
      case 0, 1, 2 -> claim(token);
      case 3 -> complete(token);
      case 4 -> new JobEvent.Fail(token, ERROR, Calls.NONE);
      case 5 -> new JobEvent.Retry(token, now.plusSeconds(random.nextInt(100)), ERROR);
      case 6 -> new JobEvent.Renew(token, LEASE);
      case 7 -> new JobEvent.Release(token, Optional.empty());
      case 8 -> random.nextInt(5) == 0 ? new JobEvent.RequestCancel() : new JobEvent.Expire();
      case 9 -> new JobEvent.Abort(token);
      default -> new JobEvent.Erase();
    };
  }

  private static List<JobEvent> recordsUnder(String token) {
    return List.of(
        complete(token),
        new JobEvent.Fail(token, ERROR, Calls.NONE),
        new JobEvent.Retry(token, NOW, ERROR),
        new JobEvent.Renew(token, LEASE),
        new JobEvent.Release(token, Optional.empty()),
        new JobEvent.Abort(token));
  }

  private static JobEvent claim(String token) {
    return new JobEvent.Claim(token, LEASE);
  }

  private static JobEvent complete(String token) {
    return new JobEvent.Complete(token, Calls.paid(Usage.of(1, 1), BigDecimal.ONE));
  }

  private static JobRun move(JobRun run, JobEvent event, Instant at) {
    Transition transition = run.apply(event, LIMITS, at);
    assertThat(transition).isInstanceOf(Moved.class);
    return ((Moved) transition).next();
  }

  private static Reason refuse(JobRun run, JobEvent event, Instant at) {
    Transition transition = run.apply(event, LIMITS, at);
    assertThat(transition).isInstanceOf(Refused.class);
    return ((Refused) transition).reason();
  }

  @Test
  void ending_addsUpAllCalls_alsoThoseThatFailed() {
    var failed =
        new CallRecord(
            1,
            "m",
            NOW,
            Optional.of(Usage.of(10, 1)),
            Optional.of(new BigDecimal("0.5")),
            Optional.of(ErrorCodes.MALFORMED_ANSWER));
    JobRun run = move(JobRun.NEW, new JobEvent.Claim("t1", LEASE), NOW);
    run = move(run, new JobEvent.Retry("t1", NOW, ERROR, List.of(failed)), NOW);
    run = move(run, new JobEvent.Claim("t2", LEASE), NOW);
    List<CallRecord> paid = Calls.paid(Usage.of(2, 3), new BigDecimal("0.25"));
    run = move(run, new JobEvent.Complete("t2", paid), NOW);

    assertThat(run.calls()).containsExactly(failed, paid.get(0));
    assertThat(run.ending().orElseThrow().usage()).contains(Usage.of(12, 4));
    assertThat(run.ending().orElseThrow().costUsd()).contains(new BigDecimal("0.75"));
  }
}
