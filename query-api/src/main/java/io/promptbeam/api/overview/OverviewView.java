package io.promptbeam.api.overview;

import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.jobs.LiveBoard;
import io.promptbeam.api.jobs.ModelLimits;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.store.usage.UsageCounts;
import io.promptbeam.store.usage.UsageStore;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The overview as JSON. Pure. */
final class OverviewView {
  private static final DateTimeFormatter WIRE_TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);
  private static final int WINDOW_SECONDS = 60;

  private final ObjectNode json = JsonNodeFactory.instance.objectNode();
  private final Instant now;
  private final LiveBoard live;

  private OverviewView(Instant now, LiveBoard live) {
    this.now = now;
    this.live = live;
  }

  /**
   * The whole service.
   *
   * @param others stands for the lanes of models that are not configured
   */
  static ObjectNode ofAll(
      Instant now,
      Caller caller,
      LiveBoard live,
      List<ModelConfig> models,
      String others,
      UsageStore.Day today) {
    return new OverviewView(now, live).all(caller, models, others, today);
  }

  /** What is the caller's, and what every caller may know of the models. */
  static ObjectNode ofOwn(
      Instant now, Caller caller, LiveBoard live, List<ModelConfig> models, UsageStore.Day today) {
    return new OverviewView(now, live).own(caller, models, today);
  }

  private ObjectNode all(
      Caller caller, List<ModelConfig> models, String others, UsageStore.Day today) {
    head("all", caller);
    ModelSum sum = ModelSum.of(live.lanes(others));
    List<ModelSum> sums = new ArrayList<>();
    for (ModelConfig model : models) {
      ModelSum its = ModelSum.of(live.lanes(model.id()));
      sums.add(its);
      sum = sum.plus(its);
    }
    if (live.workers() > 0) {
      json.put("jobs_per_second", rounded(sum.jobsPerSecond()));
    } else {
      json.putNull("jobs_per_second");
    }
    json.put("calls_in_flight", sum.callsInFlight());
    json.put("waiting", sum.waitingInAll());
    latency(json, sum.latency());
    today(today);
    failures(json, sum.failures());
    var array = json.putArray("models");
    for (int i = 0; i < models.size(); i++) {
      ObjectNode one = model(array.addObject(), models.get(i));
      ModelSum its = sums.get(i);
      one.put("calls_per_second", rounded(its.callsPerSecond()));
      one.put("calls_in_flight", its.callsInFlight());
      ObjectNode waiting = one.putObject("waiting");
      for (Priority priority : Priority.values()) {
        waiting.put(priority.wireName(), its.waiting().getOrDefault(priority, 0L));
      }
      used(one.putObject("used"), its);
      latency(one, its.latency());
      failures(one, its.failures());
    }
    return json;
  }

  private ObjectNode own(Caller caller, List<ModelConfig> models, UsageStore.Day today) {
    head("owner", caller);
    List<OwnWaiting> waits = new ArrayList<>();
    for (ModelConfig model : models) {
      waits.add(OwnWaiting.of(caller.owner(), live.lanes(model.id())));
    }
    json.putNull("jobs_per_second");
    json.putNull("calls_in_flight");
    Optional<Long> waiting =
        waits.stream()
            .map(OwnWaiting::inAll)
            .reduce(Optional.of(0L), (a, b) -> a.flatMap(n -> b.map(m -> n + m)));
    json.put("waiting", waiting.orElse(null));
    json.putNull("latency_ms");
    today(today);
    json.putNull("failures");
    var array = json.putArray("models");
    for (int i = 0; i < models.size(); i++) {
      ObjectNode one = model(array.addObject(), models.get(i));
      one.putNull("calls_per_second");
      one.putNull("calls_in_flight");
      OwnWaiting its = waits.get(i);
      if (its.inAll().isEmpty()) {
        one.putNull("waiting");
      } else {
        ObjectNode jobs = one.putObject("waiting");
        its.jobs().forEach((priority, count) -> jobs.put(priority.wireName(), count));
      }
      one.putNull("used");
      one.putNull("latency_ms");
      one.putNull("failures");
    }
    return json;
  }

  private void head(String scope, Caller caller) {
    json.put("at", WIRE_TIME.format(now));
    json.put("scope", scope);
    json.put("owner", caller.owner().name());
    json.put("window_seconds", WINDOW_SECONDS);
    json.put("workers", live.workers());
  }

  private ObjectNode model(ObjectNode one, ModelConfig model) {
    one.put("id", model.id());
    ModelLimits.write(one.putObject("limits"), model.limits());
    live.health(model.id(), now).write(one.putObject("health"));
    return one;
  }

  /** In the units of the limits, so that a share can be told. */
  private static void used(ObjectNode used, ModelSum sum) {
    long input = Math.round(sum.inputTokensPerSecond() * 60);
    long output = Math.round(sum.outputTokensPerSecond() * 60);
    used.put("requests_per_minute", Math.round(sum.callsPerSecond() * 60));
    used.put("tokens_per_minute", input + output);
    used.put("input_tokens_per_minute", input);
    used.put("output_tokens_per_minute", output);
    used.put("max_in_flight", sum.callsInFlight());
  }

  private static void latency(ObjectNode json, Latencies latency) {
    if (latency.count() == 0) {
      json.putNull("latency_ms");
      return;
    }
    ObjectNode percentiles = json.putObject("latency_ms");
    percentiles.put("p50", millis(latency, 0.5));
    percentiles.put("p95", millis(latency, 0.95));
    percentiles.put("p99", millis(latency, 0.99));
  }

  private static long millis(Latencies latency, double share) {
    return latency.percentile(share).map(Duration::toMillis).orElse(0L);
  }

  /** Most first. */
  private static void failures(ObjectNode json, Map<String, Long> failures) {
    var array = json.putArray("failures");
    failures.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .forEach(
            failed ->
                array.addObject().put("code", failed.getKey()).put("count", failed.getValue()));
  }

  private void today(UsageStore.Day day) {
    UsageCounts sum = day.byModel().values().stream().reduce(UsageCounts.NONE, UsageCounts::plus);
    ObjectNode today = json.putObject("today");
    today.put("day", day.day().toString());
    today.put("calls", sum.calls());
    today.put("failed_calls", sum.failedCalls());
    ObjectNode jobs = today.putObject("jobs");
    for (JobState state : JobState.values()) {
      if (state.isTerminal()) {
        jobs.put(state.wireName(), sum.jobs().getOrDefault(state, 0L));
      }
    }
    today.put("total_tokens", sum.usage().totalTokens());
    BigDecimal usd = sum.costUsd();
    today.set("cost_usd", DecimalNode.valueOf(usd.scale() < 0 ? usd.setScale(0) : usd));
  }

  private static double rounded(double perSecond) {
    return Math.round(perSecond * 100) / 100.0;
  }
}
