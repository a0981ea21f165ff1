package io.promptbeam.pipeline.simulation;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/** Submits one job, again when it hears nothing, and may cancel or erase it. */
final class SimClient {
  private static final int MAX_TRIES = 5;

  private final Simulation sim;
  private final World world;
  private final Owner owner;
  private final Optional<String> key;
  private final Priority priority;
  private final int maxAttempts;
  private final Duration deadline;
  private int tries;

  SimClient(Simulation sim, int number) {
    this.sim = sim;
    this.world = sim.world();
    owner = new Owner("owner" + number % 3);
    key = world.chance(sim.scenario().keyed()) ? Optional.of("key" + number) : Optional.empty();
    priority = world.random().nextBoolean() ? Priority.INTERACTIVE : Priority.BATCH;
    maxAttempts = 1 + world.random().nextInt(4);
    deadline =
        world.random().nextInt(4) == 0
            ? world.between(Duration.ofMinutes(2), Duration.ofMinutes(20))
            : Duration.ofDays(1);
  }

  void submit() {
    if (tries == 0) {
      sim.clientIsBusy(true);
    }
    tries++;
    SimApi api = sim.anyApi();
    // Somebody uses a key twice, for different things.
    boolean other = key.isPresent() && world.random().nextInt(20) == 0;
    api.submit(() -> submission(api, other), this::answered);
  }

  private Submission submission(SimApi api, boolean other) {
    Instant now = api.clock().instant().truncatedTo(ChronoUnit.MILLIS);
    JobId id =
        key.map(k -> JobId.forIdempotencyKey(owner, k))
            .orElseGet(() -> randomId(world.random().nextLong(), world.random().nextLong()));
    JobSpec spec =
        new JobSpec(
            id,
            owner,
            SimLlm.MODEL,
            JobLabels.ofType(JobLabels.GENERIC),
            new JobLimits(priority, 100, now.plus(deadline), maxAttempts),
            now,
            key.map(k -> other ? "another request" : "a request"));
    LlmRequest request =
        new LlmRequest.Prompt(
            Optional.empty(), id.toString(), JsonNodeFactory.instance.objectNode());
    return new Submission(spec, request);
  }

  private void answered(Optional<SubmitOutcome> answer) {
    if (answer.isEmpty()) {
      if (tries < MAX_TRIES) {
        sim.totals().count("submissions tried again");
        world.in(world.between(Duration.ofMillis(50), Duration.ofMinutes(1)), this::submit);
      } else {
        sim.clientIsBusy(false);
      }
      return;
    }
    sim.clientIsBusy(false);
    if (answer.get() instanceof SubmitOutcome.Accepted accepted) {
      JobId id = accepted.job().spec().id();
      if (world.chance(sim.scenario().cancels())) {
        Duration wait = world.between(Duration.ofMillis(1), Duration.ofMinutes(5));
        world.in(wait, () -> cancel(id));
      }
      if (world.chance(sim.scenario().erasures())) {
        Duration wait = world.between(Duration.ofSeconds(1), Duration.ofMinutes(20));
        world.in(wait, () -> sim.anyApi().apply(id, new JobEvent.Erase(), erased -> {}));
      }
    }
  }

  private void cancel(JobId id) {
    sim.totals().count("cancel requests");
    sim.anyApi().apply(id, new JobEvent.RequestCancel(), applied -> {});
  }

  /** As {@link JobId#random} makes them: of version 4. Other versions say something of the job. */
  private static JobId randomId(long high, long low) {
    return new JobId(new UUID((high & ~0xF000L) | 0x4000L, (low & ~(3L << 62)) | 1L << 63));
  }
}
