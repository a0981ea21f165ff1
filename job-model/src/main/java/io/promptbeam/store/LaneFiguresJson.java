package io.promptbeam.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The figures of a snapshot as JSON. Stored like {@link LaneJson}; what is zero is left out. */
final class LaneFiguresJson {
  private LaneFiguresJson() {}

  static void write(ObjectNode json, LaneFigures figures) {
    json.put("window_ms", figures.window().toMillis());
    put(json, "started", figures.callsStarted());
    put(json, "ended", figures.callsEnded());
    put(json, "in_flight", figures.callsInFlight());
    put(json, "cost_picos", figures.costPicos());
    put(json, "failures", figures.failures(), code -> code);
    put(json, "jobs", figures.jobsEnded(), JobState::wireName);
    put(json, "waiting", figures.waiting(), Priority::wireName);
    Usage tokens = figures.tokens();
    if (!tokens.equals(Usage.NONE)) {
      json.putArray("tokens")
          .add(tokens.inputTokens())
          .add(tokens.cachedInputTokens())
          .add(tokens.outputTokens())
          .add(tokens.reasoningTokens());
    }
    if (figures.latency().count() > 0) {
      json.put("latency_sum", figures.latency().sumNanos());
      // Each bucket that has any, and how many: most are empty.
      ArrayNode buckets = json.putArray("latency");
      long[] counts = figures.latency().counts();
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] > 0) {
          buckets.add(i).add(counts[i]);
        }
      }
    }
  }

  private static void put(ObjectNode json, String name, long count) {
    if (count != 0) {
      json.put(name, count);
    }
  }

  private static <K> void put(
      ObjectNode json, String name, Map<K, Long> counts, Function<K, String> key) {
    ObjectNode object = json.objectNode();
    counts.forEach((what, count) -> put(object, key.apply(what), count));
    if (!object.isEmpty()) {
      json.set(name, object);
    }
  }

  /** Of a snapshot of a version that wrote none, too. */
  static LaneFigures read(JsonNode json) {
    if (!json.isObject()) {
      return LaneFigures.NONE;
    }
    JsonNode tokens = json.path("tokens");
    return new LaneFigures(
        Duration.ofMillis(json.path("window_ms").asLong()),
        json.path("started").asLong(),
        json.path("ended").asLong(),
        read(json.path("failures"), new HashMap<>(), Optional::of),
        read(json.path("jobs"), new EnumMap<>(JobState.class), JobState::parse),
        new Usage(
            tokens.path(0).asLong(),
            tokens.path(1).asLong(),
            tokens.path(2).asLong(),
            tokens.path(3).asLong()),
        json.path("cost_picos").asLong(),
        latency(json.path("latency"), json.path("latency_sum").asLong()),
        json.path("in_flight").asLong(),
        read(json.path("waiting"), new EnumMap<>(Priority.class), Priority::parse));
  }

  private static <K> Map<K, Long> read(
      JsonNode json, Map<K, Long> into, Function<String, Optional<K>> key) {
    json.fields()
        .forEachRemaining(
            field ->
                key.apply(field.getKey()).ifPresent(k -> into.put(k, field.getValue().asLong())));
    return into;
  }

  private static Latencies latency(JsonNode buckets, long sumNanos) {
    if (buckets.isMissingNode()) {
      return Latencies.NONE;
    }
    long[] counts = new long[Latencies.BUCKETS];
    for (int i = 0; i + 1 < buckets.size(); i += 2) {
      int bucket = buckets.path(i).asInt();
      if (bucket < 0 || bucket >= counts.length) {
        throw new IllegalArgumentException("no such bucket");
      }
      counts[bucket] = buckets.path(i + 1).asLong();
    }
    return Latencies.of(counts, sumNanos);
  }
}
