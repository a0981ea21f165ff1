package io.promptbeam.pipeline.simulation;

import static java.util.Objects.requireNonNull;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.pipeline.simulation.JobHistory.Claim;
import io.promptbeam.pipeline.simulation.JobHistory.Write;
import io.promptbeam.pipeline.simulation.Violation.Promise;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.SimulatedBigtable;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sees everything that happens, and holds it against the promises. */
final class Ledger implements SimulatedBigtable.Observer {
  /** Long enough for everybody ahead in the lane. */
  private static final Duration BEGINNING = Duration.ofMinutes(6);

  private final Simulation sim;
  private final World world;
  private final Set<Promise> watched;
  private final Map<JobId, JobHistory> histories = new LinkedHashMap<>();
  private @Nullable Violation violation;
  private @Nullable SimProcess writer;
  private Instant decidedAt = Instant.EPOCH;
  private final Set<String> drained = new HashSet<>();
  private final Map<String, List<SimCall>> callsBy = new HashMap<>();
  private final Map<String, Long> endsBy = new HashMap<>();
  private String writers = "";
  private int calls;
  private int notEnded;
  private int dueThoughEnded;

  /** Breaches of other promises than those {@code watched} pass unnoticed. */
  Ledger(Simulation sim, Set<Promise> watched) {
    this.sim = sim;
    this.watched = watched;
    this.world = sim.world();
  }

  boolean watches(Promise promise) {
    return watched.contains(promise);
  }

  /** Runs {@code effect} as a write of {@code process}. */
  <T> T as(SimProcess process, int incarnation, Instant decided, Supplier<T> effect) {
    writer = process;
    writers = process.name + "." + incarnation;
    decidedAt = decided;
    try {
      return effect.get();
    } finally {
      writer = null;
    }
  }

  void violated(Promise promise, String job, String what) {
    if (violation == null && watched.contains(promise)) {
      violation = new Violation(promise, job, what);
      world.note("PROMISE", () -> promise + " broken for job " + job + ": " + what);
    }
  }

  Optional<Violation> violation() {
    return Optional.ofNullable(violation);
  }

  JobHistory history(JobId id) {
    return histories.computeIfAbsent(id, i -> new JobHistory());
  }

  Map<JobId, JobHistory> histories() {
    return histories;
  }

  void drains(SimProcess process) {
    drained.add(process.label());
  }

  boolean hasDrained(String label) {
    return drained.contains(label);
  }

  /** All calls that a process made. */
  List<SimCall> callsBy(String label) {
    return callsBy.getOrDefault(label, List.of());
  }

  /** Jobs that a process ended, whether or not it heard that it did. */
  long endsBy(String label) {
    return endsBy.getOrDefault(label, 0L);
  }

  /** Jobs that exist and have not ended. */
  int notEnded() {
    return notEnded;
  }

  /** Due entries of ended jobs. */
  int dueThoughEnded() {
    return dueThoughEnded;
  }

  @Override
  public void dueAdded(DueEntry entry) {
    history(entry.jobId()).dueEntries++;
    world.note(by(), () -> "job " + entry.jobId() + ": due at " + entry.at());
    if (hasEnded(entry.jobId())) {
      dueThoughEnded++;
    }
  }

  @Override
  public void dueRemoved(DueEntry entry) {
    JobHistory history = history(entry.jobId());
    history.dueEntries--;
    world.note(by(), () -> "job " + entry.jobId() + ": no longer due at " + entry.at());
    if (hasEnded(entry.jobId())) {
      dueThoughEnded--;
    } else if (history.dueEntries == 0 && sim.tables().job(entry.jobId()).isPresent()) {
      violated(
          Promise.ALWAYS_DUE_UNTIL_ENDED,
          entry.jobId().toString(),
          "its last due entry was removed by " + by() + " before it ended");
    }
  }

  private boolean hasEnded(JobId id) {
    return sim.tables().job(id).filter(job -> job.run().state().isTerminal()).isPresent();
  }

  @Override
  public void jobWritten(Optional<Job> before, Job after) {
    JobId id = after.spec().id();
    JobHistory history = history(id);
    SimProcess by = requireNonNull(writer);
    history.writes++;
    JobRun next = after.run();
    history.ended = next.state().isTerminal();
    world.note(by(), () -> "job " + id + ": " + describe(next));
    if (before.isEmpty()) {
      history.creations++;
      notEnded++;
      if (history.creations > 1) {
        violated(Promise.ONE_JOB_PER_KEY, id.toString(), "its row was created twice");
      }
      if (history.dueEntries == 0) {
        violated(Promise.ALWAYS_DUE_UNTIL_ENDED, id.toString(), "it was created without an entry");
      }
    } else if (!before.get().run().state().isTerminal() && next.state().isTerminal()) {
      notEnded--;
      dueThoughEnded += history.dueEntries;
      String code = next.ending().flatMap(e -> e.error()).map(e -> " as " + e.code()).orElse("");
      sim.totals().count("jobs " + next.state().wireName() + code);
      endsBy.merge(writers, 1L, Long::sum);
    }
    Write write = new Write(by, decidedAt, before.map(Job::run), next);
    new PathCheck(this, history, after.spec(), write).check();
    checkResult(history, before, after);
    noteClaim(history, write, id);
    if (sim.scenario().isCalm() && next.state().isTerminal() && !next.erased()) {
      checkEndInCalm(after);
    }
  }

  private void checkEndInCalm(Job job) {
    Instant deadline = job.spec().limits().deadline();
    Scenario scenario = sim.scenario();
    Instant latest =
        deadline
            .plus(scenario.leaseFor())
            .plus(scenario.sweepEvery().multipliedBy(2))
            .plusSeconds(5);
    if (world.now().isAfter(latest)) {
      violated(
          Promise.EVERY_JOB_ENDS, job.spec().id().toString(), "it ended long after " + deadline);
    }
    if (job.run().state() == JobState.EXPIRED
        && history(job.spec().id()).calls.isEmpty()
        && scenario.maxInFlight() > 2) {
      violated(Promise.NOTHING_EXPIRES_IN_CALM, job.spec().id().toString(), "never called");
    }
  }

  /** The sweep gave a job to a worker that is well and has nothing to wait for. */
  void handedOver(JobId id, SimWorker worker) {
    if (!sim.isKind() || !sim.scenario().maxSkew().isZero()) {
      return;
    }
    int of = worker.incarnation();
    int writes = history(id).writes;
    world.in(
        BEGINNING.plus(sim.scenario().callTimeout()),
        () -> {
          boolean well = worker.takesWork() && worker.incarnation() == of;
          // It may have ended between the sweep's look and its handing over.
          if (well && history(id).writes == writes && !history(id).ended) {
            violated(
                Promise.HANDED_OVER_IS_BEGUN,
                id.toString(),
                "nothing came of handing it to " + worker.label());
          }
        });
  }

  private void noteClaim(JobHistory history, Write write, JobId id) {
    JobRun next = write.after();
    if (next.lease().isEmpty()) {
      return;
    }
    String token = next.lease().get().token();
    if (history.claims.containsKey(token)) {
      return;
    }
    if (write.before().isPresent() && write.before().get().lease().isPresent()) {
      explainTakeover(history, write.before().get().lease().get().token(), id);
    }
    history.claims.put(token, new Claim(token, write.by(), world.nowNanos()));
  }

  /** A job is taken from a worker only if that worker cannot have kept its lease. */
  private void explainTakeover(JobHistory history, String token, JobId id) {
    Claim lost = history.claims.get(token);
    Optional<SimCall> call = history.callUnder(token);
    if (lost == null || call.isEmpty()) {
      return;
    }
    SimProcess holder = lost.by();
    long since = lost.atNanos() - Duration.ofSeconds(60).toNanos();
    if (holder.diedSince(lost.atNanos())) {
      sim.totals().count("calls repeated: worker died");
    } else if (holder.pausedSince(since)) {
      sim.totals().count("calls repeated: worker was paused");
    } else if (holder.storeFailedSince(since)) {
      sim.totals().count("calls repeated: store did not take the record or renewal");
    } else if (sim.scenario().maxSkew().compareTo(Duration.ZERO) > 0) {
      sim.totals().count("calls repeated: clocks differ");
    } else {
      violated(
          Promise.NO_CALL_WITHOUT_REASON,
          id.toString(),
          "taken from a live worker that had made " + call.get());
    }
  }

  private void checkResult(JobHistory history, Optional<Job> before, Job after) {
    String id = after.spec().id().toString();
    if (before.isPresent() && before.get().run().state().isTerminal()) {
      boolean same =
          Arrays.equals(
              before.get().result().orElse(new byte[0]), after.result().orElse(new byte[0]));
      if (!after.run().erased() && !same) {
        violated(Promise.ENDED_STAYS_ENDED, id, "its result changed after its end");
      }
      return;
    }
    if (after.run().state() != JobState.COMPLETED) {
      return;
    }
    String token =
        before.flatMap(job -> job.run().lease()).map(lease -> lease.token()).orElse("none");
    Optional<SimCall> call = history.callUnder(token);
    if (call.isEmpty()
        || call.get().outcome != SimCall.Outcome.ANSWERED
        || !Arrays.equals(call.get().body(), after.result().orElse(new byte[0]))
        || !after.run().ending().orElseThrow().usage().equals(Optional.of(call.get().usage()))) {
      violated(
          Promise.RESULT_IS_THE_CLAIMS,
          id,
          "it completed with another answer or usage than that of " + call + " under " + token);
    }
  }

  SimCall callStarted(JobId id, SimProcess caller) {
    JobHistory history = history(id);
    SimCall call = new SimCall(++calls, id, caller, world.nowNanos());
    sim.totals().count("calls");
    callsBy.computeIfAbsent(caller.label(), label -> new ArrayList<>()).add(call);
    String job = id.toString();
    Optional<Claim> claim = history.lastClaimOf(caller.label());
    if (claim.isEmpty() || !history.callUnder(claim.get().token()).isEmpty()) {
      violated(Promise.NO_CALL_WITHOUT_CLAIM, job, call + " has no claim of its own");
      return call;
    }
    call.token = claim.get().token();
    history.calls.add(call);
    world.note(caller.label(), () -> "job " + id + ": call " + call.number + " starts");
    Optional<Job> stored = sim.tables().job(id);
    if (stored.isEmpty()) {
      violated(Promise.ACCEPTED_JOBS_ARE_STORED, job, call + " is for a job that is not stored");
      return call;
    }
    JobRun run = stored.get().run();
    var limits = stored.get().spec().limits();
    if (history.calls.size() > limits.maxAttempts()) {
      violated(Promise.ATTEMPTS_ARE_BOUNDED, job, call + " is one more than allowed");
    }
    if (history.calls.size() > run.attempt()) {
      violated(Promise.ATTEMPTS_ARE_COUNTED_FIRST, job, call + " is not counted in the store");
    }
    if (!caller.clock().instant().isBefore(limits.deadline())) {
      violated(Promise.NO_CALL_AFTER_DEADLINE, job, call + " starts after " + limits.deadline());
    }
    if (history.cancellationAnswered && sim.scenario().maxSkew().isZero()) {
      violated(Promise.NO_CALL_AFTER_CANCELLATION, job, call + " starts though it is cancelled");
    }
    if (run.holds(call.token) && !run.leaseIsLive(caller.clock().instant())) {
      violated(Promise.NO_CALL_ON_A_DEAD_LEASE, job, call + " starts after its lease ended");
    }
    if (history.calls.size() > 1) {
      sim.totals().count("calls beyond the first");
    }
    return call;
  }

  /** A service answered a submission. */
  void submitAnswered(Submission submission, SubmitOutcome outcome) {
    if (!(outcome instanceof SubmitOutcome.Accepted accepted)) {
      sim.totals().count("submissions in conflict");
      return;
    }
    JobId id = accepted.job().spec().id();
    world.note("client", () -> "job " + id + ": accepted");
    sim.totals().count(accepted.replayed() ? "submissions accepted again" : "jobs accepted");
    JobHistory history = history(id);
    Optional<Job> stored = sim.tables().job(id);
    if (stored.isEmpty()) {
      violated(Promise.ACCEPTED_JOBS_ARE_STORED, id.toString(), "accepted and not stored");
    } else if (!stored.get().spec().requestHash().equals(submission.spec().requestHash())
        || (history.accepted != null && !history.accepted.equals(accepted.job().spec()))) {
      violated(Promise.ONE_JOB_PER_KEY, id.toString(), "accepted as two different jobs");
    }
    history.accepted = accepted.job().spec();
  }

  void cancellationAnswered(JobId id) {
    history(id).cancellationAnswered = true;
    world.note("client", () -> "job " + id + ": told that it is cancelled");
  }

  void published(JobId id) {
    world.note(by(), () -> "job " + id + ": message sent");
    if (sim.tables().job(id).isEmpty()) {
      violated(
          Promise.PUBLISHED_JOBS_ARE_STORED, id.toString(), "a message names it, no row holds it");
    }
  }

  private String by() {
    return writer == null ? "world" : writer.name;
  }

  static String describe(JobRun run) {
    return run.state().wireName()
        + ", attempt "
        + run.attempt()
        + run.lease().map(lease -> ", " + lease).orElse("")
        + run.notBefore().map(at -> ", not before " + at).orElse("")
        + (run.cancelRequested() ? ", cancel requested" : "")
        + run.ending().flatMap(e -> e.error()).map(e -> ", " + e.code()).orElse("")
        + (run.erased() ? ", erased" : "");
  }
}
