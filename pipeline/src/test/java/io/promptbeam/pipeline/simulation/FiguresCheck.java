package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.engine.ModelFigures;
import io.promptbeam.pipeline.simulation.SimCall.Outcome;
import io.promptbeam.pipeline.simulation.Violation.Promise;
import io.promptbeam.store.usage.PicoDollars;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether an engine's figures add up, and to what its process really did. */
final class FiguresCheck {
  private static final Set<String> FAILURES =
      Set.of(
          ErrorCodes.TIMEOUT,
          ErrorCodes.CONNECTION,
          ErrorCodes.PROVIDER_ERROR,
          ErrorCodes.RATE_LIMITED);
  private static final Set<String> GIVEN_UP =
      Set.of(ErrorCodes.CANCELLED, ErrorCodes.WORKER_STOPPED, ModelFigures.LEASE_LOST);

  private final Ledger ledger;
  private final String label;
  private final List<ModelFigures> figures;

  FiguresCheck(Ledger ledger, String label, List<ModelFigures> figures) {
    this.ledger = ledger;
    this.label = label;
    this.figures = figures;
  }

  /** At any moment. */
  void check() {
    List<SimCall> calls = ledger.callsBy(label);
    long started = figures.stream().mapToLong(ModelFigures::callsStarted).sum();
    same("calls started", started, calls.size());
    long inFlight = figures.stream().mapToLong(ModelFigures::callsInFlight).sum();
    same("calls in flight", inFlight, count(calls, Outcome.RUNNING));
    same("answers", ended(Set.of(ModelFigures.ANSWERED)), count(calls, Outcome.ANSWERED));
    same("failures", ended(FAILURES), count(calls, Outcome.FAILED));
    same("refusals", ended(Set.of(ErrorCodes.INVALID_REQUEST)), count(calls, Outcome.REFUSED));
    same("calls given up", ended(GIVEN_UP), count(calls, Outcome.GIVEN_UP));
    long timed = figures.stream().mapToLong(model -> model.latency().count()).sum();
    same("latencies", timed, count(calls, Outcome.ANSWERED));
    checkUse(calls);
    require(
        jobsEnded() <= ledger.endsBy(label),
        "jobs ended: %d counted, only %d written".formatted(jobsEnded(), ledger.endsBy(label)));
    for (ModelFigures model : figures) {
      model.waiting().values().forEach(waiting -> require(waiting >= 0, model + " waits"));
    }
  }

  private void checkUse(List<SimCall> calls) {
    Usage used =
        calls.stream()
            .filter(call -> call.outcome == Outcome.ANSWERED)
            .map(SimCall::usage)
            .reduce(Usage.NONE, Usage::plus);
    Usage counted = figures.stream().map(ModelFigures::tokens).reduce(Usage.NONE, Usage::plus);
    same("tokens", counted.totalTokens(), used.totalTokens());
    same("tokens of input", counted.inputTokens(), used.inputTokens());
    long picos = figures.stream().mapToLong(ModelFigures::costPicos).sum();
    same("picodollars", picos, PicoDollars.of(SimLlm.PRICING.costUsd(used)));
  }

  private long jobsEnded() {
    return figures.stream().mapToLong(ModelFigures::jobsEndedInAll).sum();
  }

  /**
   * When nothing is left to do.
   *
   * @param heardEverything whether it knows of all its writes that they were made
   */
  void checkIdle(boolean heardEverything) {
    check();
    if (heardEverything) {
      same("jobs ended", jobsEnded(), ledger.endsBy(label));
    }
    for (ModelFigures model : figures) {
      Map<?, Long> waiting = model.waiting();
      require(waiting.values().stream().allMatch(jobs -> jobs == 0), "still waiting: " + waiting);
      require(model.callsInFlight() == 0, "still calling: " + model.callsInFlight());
    }
  }

  private long ended(Set<String> outcomes) {
    return figures.stream()
        .flatMap(model -> outcomes.stream().map(model::callsEnded))
        .mapToLong(count -> count)
        .sum();
  }

  private static long count(List<SimCall> calls, Outcome outcome) {
    return calls.stream().filter(call -> call.outcome == outcome).count();
  }

  private void same(String what, long counted, long really) {
    require(counted == really, what + ": " + counted + " counted, really " + really);
  }

  private void require(boolean holds, String what) {
    if (!holds) {
      ledger.violated(Promise.FIGURES_ADD_UP, "", label + ": " + what);
    }
  }
}
