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
import org.junit.jupiter.api.Test;

/** The transitions between models of a chain, and to an answer that was there before. */
class RouteTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
  private static final JobLimits LIMITS =
      new JobLimits(Priority.INTERACTIVE, 10, NOW.plusSeconds(3_600), 2);
  private static final JobError WHY = JobError.of(ErrorCodes.PROVIDER_ERROR, "busy");
  private static final Route AT_F =
      Route.HOME.to("f", List.of(new Route.Hop("m", ErrorCodes.PROVIDER_ERROR)));
  private static final CachedAnswer CACHED =
      new CachedAnswer(JobId.random(), "f", Optional.of(new BigDecimal("0.5")));

  @Test
  void reroute_waitsForTheNextModel_andTheAttemptStaysCounted() {
    JobRun run = move(claimed(JobRun.NEW), reroute(true, Optional.empty()));
    assertThat(run.state()).isEqualTo(JobState.PENDING);
    assertThat(run.attempt()).isEqualTo(1);
    assertThat(run.route()).isEqualTo(AT_F);
    assertThat(run.notBefore()).isEmpty();
    assertThat(run.lastError()).contains(WHY);
    assertThat(claimed(run).route()).isEqualTo(AT_F);
  }

  @Test
  void reroute_countsNoAttempt_whenNothingWasSent() {
    JobRun run = move(claimed(JobRun.NEW), reroute(false, Optional.empty()));
    assertThat(run.attempt()).isZero();
    assertThat(run.route().modelId()).contains("f");
  }

  @Test
  void reroute_fails_whenNoAttemptIsLeft() {
    JobRun second = claimed(move(claimed(JobRun.NEW), reroute(true, Optional.empty())));
    JobRun ended = move(second, reroute(true, Optional.empty()));
    assertThat(ended.state()).isEqualTo(JobState.FAILED);
    assertThat(ended.ending().orElseThrow().error()).contains(WHY);
  }

  @Test
  void reroute_expires_whenTheNextRoundWouldComeAfterTheDeadline() {
    JobRun ended = move(claimed(JobRun.NEW), reroute(true, Optional.of(LIMITS.deadline())));
    assertThat(ended.state()).isEqualTo(JobState.EXPIRED);
  }

  @Test
  void reroute_isRefused_whenTheTokenIsNotTheLeases() {
    var event = new JobEvent.Reroute("stale", AT_F, true, Optional.empty(), WHY, List.of());
    assertThat(refuse(claimed(JobRun.NEW), event)).isEqualTo(Reason.TOKEN_LOST);
  }

  @Test
  void claim_recordsTheModelItCalls_whenItIsAnother() {
    var claim = new JobEvent.Claim("t", Duration.ofSeconds(60), Optional.of(AT_F));
    assertThat(move(JobRun.NEW, claim).route()).isEqualTo(AT_F);
  }

  @Test
  void servedBy_isTheModelThatAnswered_onceCompleted() {
    JobRun atF = claimed(move(claimed(JobRun.NEW), reroute(true, Optional.empty())));
    JobSpec spec = spec();
    assertThat(atF.servedBy(spec)).isEmpty();
    JobRun done = move(atF, new JobEvent.Complete("t", List.of()));
    assertThat(done.servedBy(spec)).contains("f");
    assertThat(move(claimed(JobRun.NEW), new JobEvent.Complete("t", List.of())).servedBy(spec))
        .contains("m");
  }

  @Test
  void route_keepsTheLatestHops() {
    Route route = Route.HOME;
    for (int i = 0; i < 50; i++) {
      route = route.to("f" + i, List.of(new Route.Hop("m" + i, "why")));
    }
    assertThat(route.hops()).hasSize(20).last().isEqualTo(new Route.Hop("m49", "why"));
  }

  @Test
  void completeFromCache_completesUncalled_andCostsNothing() {
    JobRun done = move(JobRun.NEW, new JobEvent.CompleteFromCache(CACHED));
    assertThat(done.state()).isEqualTo(JobState.COMPLETED);
    assertThat(done.attempt()).isZero();
    assertThat(done.ending().orElseThrow())
        .isEqualTo(
            new Ending(
                NOW,
                Optional.of(Usage.NONE),
                Optional.of(BigDecimal.ZERO),
                Optional.empty(),
                Optional.of(CACHED)));
    assertThat(done.servedBy(spec())).contains("f");
  }

  @Test
  void completeFromCache_isRefused_whileSomebodyCallsOrAfterTheEnd() {
    var event = new JobEvent.CompleteFromCache(CACHED);
    assertThat(refuse(claimed(JobRun.NEW), event)).isEqualTo(Reason.LEASE_HELD);
    assertThat(refuse(move(JobRun.NEW, event), event)).isEqualTo(Reason.TERMINAL);
  }

  private static JobSpec spec() {
    return new JobSpec(
        JobId.random(),
        Owner.LOCAL,
        "m",
        JobLabels.ofType(JobLabels.GENERIC),
        LIMITS,
        NOW,
        Optional.empty());
  }

  private static JobEvent reroute(boolean called, Optional<Instant> notBefore) {
    return new JobEvent.Reroute("t", AT_F, called, notBefore, WHY, List.of());
  }

  private static JobRun claimed(JobRun run) {
    return move(run, new JobEvent.Claim("t", Duration.ofSeconds(60)));
  }

  private static JobRun move(JobRun run, JobEvent event) {
    return ((Moved) run.apply(event, LIMITS, NOW)).next();
  }

  private static Reason refuse(JobRun run, JobEvent event) {
    return ((Refused) run.apply(event, LIMITS, NOW)).reason();
  }
}
