package io.promptbeam.api.batches;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.jobs.Waiting;
import io.promptbeam.api.jobs.WaitingView;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.submit.WorkEstimate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * When a batch may end, and why it is not further.
 *
 * @param at when that was told
 * @param estimate of what is left of it
 * @param waiting why the first lines that wait do, one of each model
 */
public record Outlook(Instant at, Optional<WorkEstimate> estimate, List<OfModel> waiting) {
  /**
   * Why lines of a model wait.
   *
   * @param modelId empty while no line is known
   */
  public record OfModel(Optional<String> modelId, Waiting waiting) {}

  public Outlook {
    waiting = List.copyOf(waiting);
  }

  /** Of a batch that has ended, or one of many. */
  public static Outlook none(Instant at) {
    return new Outlook(at, Optional.empty(), List.of());
  }

  /** Adds it to what is told of a batch beyond its protocol; every key, null when unset. */
  public void writeTo(ObjectNode json, BatchSpec batch) {
    json.set(
        "estimate",
        estimate.isEmpty() ? JsonNodeFactory.instance.nullNode() : json(estimate.get(), at));
    Optional<ObjectNode> warning =
        estimate.flatMap(e -> warning(e, at, Duration.between(at, batch.expiresAt())));
    json.set("warning", warning.isEmpty() ? JsonNodeFactory.instance.nullNode() : warning.get());
    if (waiting.isEmpty()) {
      json.putNull("waiting");
      return;
    }
    ObjectNode first = json(waiting.get(0));
    ArrayNode others = first.putArray("other_models");
    waiting.stream().skip(1).forEach(other -> others.add(json(other)));
    json.set("waiting", first);
  }

  private static ObjectNode json(OfModel of) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model", of.modelId().orElse(null));
    return json.setAll(WaitingView.json(of.waiting()));
  }

  public static ObjectNode json(WorkEstimate estimate, Instant at) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("takes_seconds", seconds(estimate))
        .put("ends_at", end(estimate, at))
        .put("model", estimate.modelId())
        .put("limit", estimate.limit());
  }

  /** Present when the work does not end within {@code left}. */
  public static Optional<ObjectNode> warning(WorkEstimate estimate, Instant at, Duration left) {
    if (estimate.takes().compareTo(left) <= 0) {
      return Optional.empty();
    }
    String message =
        "It is estimated to take until "
            + end(estimate, at)
            + ", and the completion window ends at "
            + at.plus(left).truncatedTo(ChronoUnit.SECONDS)
            + "; what has not ended by then expires. What binds is the limit of "
            + estimate.limit()
            + " for model "
            + estimate.modelId()
            + ".";
    return Optional.of(
        JsonNodeFactory.instance
            .objectNode()
            .put("code", "window_cannot_be_met")
            .put("message", message));
  }

  private static long seconds(WorkEstimate estimate) {
    return estimate.takes().plusMillis(999).toSeconds();
  }

  private static String end(WorkEstimate estimate, Instant at) {
    return at.plusSeconds(seconds(estimate)).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
