package io.promptbeam.pipeline.engine;

import io.promptbeam.figures.Histogram;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.store.usage.PicoDollars;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/**
 * What an engine did since it started, model by model; the only place where it is counted. {@link
 * LaneReports} puts up what they were in the last minute, Prometheus and Beam are told the same.
 * Thread-safe, without locks.
 *
 * <h2>How they add up</h2>
 *
 * For each model, at any moment:
 *
 * <ul>
 *   <li>calls started = calls ended + calls in flight. A call is started when it is given to the
 *       provider's client, and ends once, with exactly one outcome.
 *   <li>calls ended = the sum over their outcomes. {@code answered} is a call that completes its
 *       job, {@code invalid_output} one whose answer does not meet the job's schema; the latencies
 *       are of these two. Any other error code is of a call that failed. {@code cancelled}, {@code
 *       worker_stopped} and {@code lease_lost} are calls that we gave up: what they cost is known
 *       to the provider alone.
 *   <li>tokens and cost are of the calls that ended and whose usage was reported, at the prices of
 *       that moment. A call in flight has none yet.
 *   <li>jobs waiting are those in the lane, and those out of it till their retry's time or until
 *       somebody else's lease lapses. A job that is being attempted (read, claimed, called,
 *       recorded) does not wait. When nothing is left to do, it is zero at every priority.
 *   <li>jobs ended = completed + failed + cancelled + expired, as told to the usage ledger: once
 *       for each job whose terminal state this worker, or its sweep, wrote and heard to be written.
 * </ul>
 *
 * <p>A job makes as many calls as it has attempts, not counting attempts without a call (a claim
 * that is handed back), and one more for each try that could not be sent ({@code
 * connection_error}), which counts no attempt. So calls started ≥ jobs completed uncached, and the
 * difference is retries, failures and calls in flight.
 *
 * <p>The usage of a day counts the calls that stand in job rows. It lacks calls that could not be
 * sent, that were cancelled, or whose worker lost the job; and it has jobs that the service itself
 * ended (a cancellation while they waited), which no engine counts. Both forget what a process did
 * not get to write before it died; figures begin at zero then.
 *
 * <p>{@code SimulationTest} checks these equations in every world (promise FIGURES_ADD_UP).
 */
final class EngineFigures {
  private final Map<String, Model> models = new ConcurrentHashMap<>();

  /** Of one model, or of all unknown ones; who calls sees to it that there are not many. */
  Model of(String modelId) {
    return models.computeIfAbsent(modelId, Model::new);
  }

  /** Of all models that had anything to do. */
  Collection<Model> all() {
    return models.values();
  }

  /**
   * All models that had anything to do, by id.
   *
   * @param breakerOpen tells it of a model's id
   */
  List<ModelFigures> read(Predicate<String> breakerOpen) {
    return new TreeMap<>(models)
        .values().stream().map(model -> model.read(breakerOpen.test(model.id))).toList();
  }

  /** One model's. Thread-safe. */
  static final class Model {
    private final String id;
    private final LongAdder callsStarted = new LongAdder();
    private final Map<String, LongAdder> callsEnded = new ConcurrentHashMap<>();
    private final Map<JobState, LongAdder> jobsEnded = new ConcurrentHashMap<>();
    private final Map<Priority, LongAdder> waiting = new EnumMap<>(Priority.class);
    private final LongAdder inputTokens = new LongAdder();
    private final LongAdder cachedInputTokens = new LongAdder();
    private final LongAdder outputTokens = new LongAdder();
    private final LongAdder reasoningTokens = new LongAdder();
    private final LongAdder costPicos = new LongAdder();
    private final Histogram latency = new Histogram();

    private Model(String id) {
      this.id = id;
      for (Priority priority : Priority.values()) {
        waiting.put(priority, new LongAdder());
      }
    }

    void waiting(Priority priority, long change) {
      waiting.getOrDefault(priority, new LongAdder()).add(change);
    }

    void jobEnded(JobState state) {
      jobsEnded.computeIfAbsent(state, s -> new LongAdder()).increment();
    }

    Call callStarted(long nowNanos) {
      callsStarted.increment();
      return new Call(this, nowNanos);
    }

    /** Grows with every call that starts or ends, and every job that ends. */
    long moves() {
      return callsStarted.sum() + sum(callsEnded) + sum(jobsEnded);
    }

    /** Whether a call is in flight, or anything waits. */
    boolean isUnderWay() {
      long ended = sum(callsEnded);
      return callsStarted.sum() != ended || sum(waiting) != 0;
    }

    private static long sum(Map<?, LongAdder> counts) {
      return counts.values().stream().mapToLong(LongAdder::sum).sum();
    }

    String id() {
      return id;
    }

    ModelFigures read(boolean breakerOpen) {
      // Ends before starts, so that no more calls have ended than were started.
      Map<String, Long> ended = new TreeMap<>();
      callsEnded.forEach((outcome, count) -> ended.put(outcome, count.sum()));
      return new ModelFigures(
          id,
          callsStarted.sum(),
          ended,
          sums(jobsEnded),
          sums(waiting),
          new Usage(
              inputTokens.sum(),
              cachedInputTokens.sum(),
              outputTokens.sum(),
              reasoningTokens.sum()),
          costPicos.sum(),
          latency.snapshot(),
          breakerOpen);
    }

    private static <K> Map<K, Long> sums(Map<K, LongAdder> counts) {
      Map<K, Long> sums = new TreeMap<>();
      counts.forEach((what, count) -> sums.put(what, count.sum()));
      return sums;
    }
  }

  /** A call under way. Thread-safe; only the first end counts. */
  static final class Call {
    private final Model model;
    private final long startedNanos;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Call(Model model, long startedNanos) {
      this.model = model;
      this.startedNanos = startedNanos;
    }

    /** The provider answered, whether or not the answer is of use. */
    void answered(String outcome, Usage usage, BigDecimal costUsd, long nowNanos) {
      if (end(outcome)) {
        model.latency.add(nowNanos - startedNanos);
        used(usage, costUsd);
      }
    }

    /** There is no answer. */
    void failed(String outcome) {
      var unused = end(outcome);
    }

    /** There is no answer, and yet it may have used something. */
    void failed(String outcome, Optional<Usage> usage, BigDecimal costUsd) {
      if (end(outcome)) {
        used(usage.orElse(Usage.NONE), costUsd);
      }
    }

    private boolean end(String outcome) {
      boolean first = ended.compareAndSet(false, true);
      if (first) {
        model.callsEnded.computeIfAbsent(outcome, o -> new LongAdder()).increment();
      }
      return first;
    }

    private void used(Usage usage, BigDecimal costUsd) {
      model.inputTokens.add(usage.inputTokens());
      model.cachedInputTokens.add(usage.cachedInputTokens());
      model.outputTokens.add(usage.outputTokens());
      model.reasoningTokens.add(usage.reasoningTokens());
      model.costPicos.add(PicoDollars.of(costUsd));
    }
  }
}
