package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All that happened to one job. */
final class JobHistory {
  /** A claim that took effect. */
  record Claim(String token, SimProcess by, long atNanos) {}

  final Map<String, Claim> claims = new HashMap<>();
  final List<SimCall> calls = new ArrayList<>();
  @Nullable JobSpec accepted;
  boolean cancellationAnswered;
  int dueEntries;
  int creations;
  int writes;
  boolean ended;

  Optional<SimCall> callUnder(String token) {
    return calls.stream().filter(call -> call.token.equals(token)).reduce((a, b) -> b);
  }

  /** The last claim of an engine whose tokens begin so. */
  Optional<Claim> lastClaimOf(String engine) {
    return claims.values().stream()
        .filter(claim -> claim.token().startsWith(engine + "."))
        .max((a, b) -> Long.compare(a.atNanos(), b.atNanos()));
  }

  /** A write that took effect: who decided on it, and what its clock said then. */
  record Write(SimProcess by, Instant decidedAt, Optional<JobRun> before, JobRun after) {}
}
