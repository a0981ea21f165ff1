package io.promptbeam.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot.Binding;
import io.promptbeam.store.LaneSnapshot.Mark;
import io.promptbeam.store.LaneSnapshot.Queue;
import io.promptbeam.store.LaneSnapshot.Rest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A snapshot as JSON. Stored, but not for long: fields may be added, and missing ones are zero. */
final class LaneJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private LaneJson() {}

  static byte[] encode(LaneSnapshot lane) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("model", lane.modelId());
    json.put("worker", lane.worker());
    json.put("at", lane.at().toEpochMilli());
    json.put("starts_per_second", lane.startsPerSecond());
    json.put("call_ms", lane.callTakes().toMillis());
    LaneFiguresJson.write(json.putObject("figures"), lane.figures());
    ArrayNode queues = json.putArray("queues");
    for (Queue queue : lane.queues()) {
      ObjectNode one = queues.addObject();
      one.put("owner", queue.owner().name());
      one.put("priority", queue.priority().wireName());
      one.put("jobs", queue.jobs());
      one.put("tokens", queue.tokens());
      one.put("weight", queue.weight());
      one.put("lag", queue.lag());
      one.put("held", queue.held());
      queue.heldBy().ifPresent(reason -> one.put("held_by", reason));
      ArrayNode marks = one.putArray("marks");
      queue.marks().forEach(m -> marks.addArray().add(m.at().toEpochMilli()).add(m.ahead()));
    }
    ArrayNode others = json.putArray("others");
    for (Rest rest : lane.others()) {
      ObjectNode one = others.addObject();
      one.put("priority", rest.priority().wireName());
      one.put("owners", rest.owners());
      one.put("jobs", rest.jobs());
      one.put("tokens", rest.tokens());
      one.put("weights", rest.weights());
    }
    lane.binding()
        .ifPresent(
            binding -> {
              ObjectNode one = json.putObject("binding");
              one.put("reason", binding.reason());
              binding.until().ifPresent(at -> one.put("until", at.toEpochMilli()));
              binding.since().ifPresent(at -> one.put("since", at.toEpochMilli()));
              binding.errorCode().ifPresent(code -> one.put("error", code));
            });
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  /** Empty for what this version cannot read. */
  static Optional<LaneSnapshot> decode(byte[] bytes) {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      List<Queue> queues = new ArrayList<>();
      for (JsonNode one : json.path("queues")) {
        List<Mark> marks = new ArrayList<>();
        one.path("marks")
            .forEach(
                m ->
                    marks.add(
                        new Mark(Instant.ofEpochMilli(m.path(0).asLong()), m.path(1).asLong())));
        queues.add(
            new Queue(
                new Owner(one.path("owner").asText()),
                priority(one),
                one.path("jobs").asLong(),
                one.path("tokens").asLong(),
                Math.max(1, one.path("weight").asInt()),
                one.path("lag").asDouble(),
                heldBy(one),
                marks));
      }
      List<Rest> others = new ArrayList<>();
      for (JsonNode one : json.path("others")) {
        others.add(
            new Rest(
                priority(one),
                one.path("owners").asInt(),
                one.path("jobs").asLong(),
                one.path("tokens").asLong(),
                one.path("weights").asLong()));
      }
      JsonNode binding = json.path("binding");
      return Optional.of(
          new LaneSnapshot(
              json.path("model").asText(),
              json.path("worker").asText(),
              Instant.ofEpochMilli(json.path("at").asLong()),
              queues,
              others,
              binding.isObject() ? Optional.of(binding(binding)) : Optional.empty(),
              json.path("starts_per_second").asDouble(),
              Duration.ofMillis(json.path("call_ms").asLong()),
              LaneFiguresJson.read(json.path("figures"))));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Binding binding(JsonNode json) {
    return new Binding(
        json.path("reason").asText(),
        instant(json, "until"),
        instant(json, "since"),
        json.has("error") ? Optional.of(json.path("error").asText()) : Optional.empty());
  }

  private static Optional<String> heldBy(JsonNode queue) {
    // Snapshots that do not tell meant calls in flight.
    return queue.path("held").asBoolean()
        ? Optional.of(queue.path("held_by").asText(LaneSnapshot.OWNER_IN_FLIGHT))
        : Optional.empty();
  }

  private static Optional<Instant> instant(JsonNode json, String field) {
    return json.has(field)
        ? Optional.of(Instant.ofEpochMilli(json.path(field).asLong()))
        : Optional.empty();
  }

  private static Priority priority(JsonNode json) {
    return Priority.parse(json.path("priority").asText())
        .orElseThrow(() -> new IllegalArgumentException("no such priority"));
  }
}
