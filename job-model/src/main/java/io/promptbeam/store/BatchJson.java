package io.promptbeam.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Batches and files as JSON in UTF-8. Thread-safe.
 *
 * <p>Stored: do not change. A field may be added where its absence means what it meant before.
 * Decoding fails with {@link IllegalArgumentException}.
 */
final class BatchJson {
  private static final JsonMapper MAPPER = new JsonMapper();

  private BatchJson() {}

  static byte[] encode(BatchSpec spec) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("id", spec.id().hex())
        .put("owner", spec.owner().name())
        .put("protocol", spec.protocol().wireName())
        .put("input", spec.input().hex())
        .put("endpoint", spec.endpoint())
        .put("window", spec.window())
        .put("created_at", spec.createdAt().toString())
        .put("expires_at", spec.expiresAt().toString());
    ObjectNode metadata = json.putObject("metadata");
    spec.metadata().forEach(metadata::put);
    spec.outputKept().ifPresent(kept -> json.put("output_kept_seconds", kept.toSeconds()));
    spec.requestHash().ifPresent(hash -> json.put("request_hash", hash));
    spec.retryOf().ifPresent(batch -> json.put("retry_of", batch.hex()));
    return bytes(json);
  }

  static BatchSpec decodeSpec(byte[] stored) {
    JsonNode json = tree(stored);
    Map<String, String> metadata = new LinkedHashMap<>();
    json.path("metadata").fields().forEachRemaining(e -> metadata.put(e.getKey(), text(e)));
    return new BatchSpec(
        new BatchId(text(json, "id")),
        new Owner(text(json, "owner")),
        BatchProtocol.parse(text(json, "protocol")).orElseThrow(BatchJson::unknown),
        new FileId(text(json, "input")),
        text(json, "endpoint"),
        text(json, "window"),
        metadata,
        time(json, "created_at"),
        time(json, "expires_at"),
        json.has("output_kept_seconds")
            ? Optional.of(Duration.ofSeconds(json.get("output_kept_seconds").longValue()))
            : Optional.empty(),
        optional(json, "request_hash"),
        optional(json, "retry_of").map(BatchId::new));
  }

  static byte[] encode(BatchRun run) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("status", run.status().wireName()).put("lines", run.lines());
    if (run.problemCount() > 0) {
      json.put("problem_count", run.problemCount());
      ArrayNode problems = json.putArray("problems");
      for (LineProblem problem : run.problems()) {
        problems
            .addObject()
            .put("code", problem.code())
            .put("message", problem.message())
            .put("param", problem.param())
            .put("line", problem.line());
      }
    }
    run.startedAt().ifPresent(at -> json.put("started_at", at.toString()));
    run.endedAt().ifPresent(at -> json.put("ended_at", at.toString()));
    run.totals().ifPresent(totals -> json.set("totals", json(totals)));
    if (!run.loads().isEmpty()) {
      ObjectNode loads = json.putObject("loads");
      run.loads()
          .forEach(
              (model, load) ->
                  loads
                      .putObject(model)
                      .put("lines", load.lines())
                      .put("input", load.inputTokens())
                      .put("output", load.outputTokens()));
    }
    return bytes(json);
  }

  static BatchRun decodeRun(byte[] stored) {
    JsonNode json = tree(stored);
    List<LineProblem> problems = new ArrayList<>();
    for (JsonNode each : json.path("problems")) {
      problems.add(
          new LineProblem(
              text(each, "code"),
              text(each, "message"),
              text(each, "param"),
              each.path("line").intValue()));
    }
    return new BatchRun(
        BatchStatus.parse(text(json, "status")).orElseThrow(BatchJson::unknown),
        json.path("lines").intValue(),
        problems,
        json.path("problem_count").intValue(),
        json.has("started_at") ? Optional.of(time(json, "started_at")) : Optional.empty(),
        json.has("ended_at") ? Optional.of(time(json, "ended_at")) : Optional.empty(),
        json.has("totals") ? Optional.of(tally(json.get("totals"))) : Optional.empty(),
        loads(json.path("loads")));
  }

  private static Map<String, ModelLoad> loads(JsonNode json) {
    Map<String, ModelLoad> loads = new LinkedHashMap<>();
    json.fields()
        .forEachRemaining(
            each ->
                loads.put(
                    each.getKey(),
                    new ModelLoad(
                        each.getValue().path("lines").longValue(),
                        each.getValue().path("input").longValue(),
                        each.getValue().path("output").longValue())));
    return loads;
  }

  static byte[] encode(Cut cut) {
    return bytes(
        MAPPER
            .createObjectNode()
            .put("kind", cut.kind().status().wireName())
            .put("at", cut.at().toString()));
  }

  static Cut decodeCut(byte[] stored) {
    JsonNode json = tree(stored);
    for (Cut.Kind kind : Cut.Kind.values()) {
      if (kind.status().wireName().equals(text(json, "kind"))) {
        return new Cut(kind, time(json, "at"));
      }
    }
    throw unknown();
  }

  static byte[] encode(SegmentTally tally) {
    return bytes(json(tally));
  }

  static SegmentTally decodeTally(byte[] stored) {
    return tally(tree(stored));
  }

  private static ObjectNode json(SegmentTally tally) {
    Usage usage = tally.usage();
    return MAPPER
        .createObjectNode()
        .put("completed", tally.completed())
        .put("failed", tally.failed())
        .put("cancelled", tally.cancelled())
        .put("expired", tally.expired())
        .put("input", usage.inputTokens())
        .put("cached", usage.cachedInputTokens())
        .put("output", usage.outputTokens())
        .put("reasoning", usage.reasoningTokens())
        .put("cost", tally.costUsd().toPlainString());
  }

  private static SegmentTally tally(JsonNode json) {
    return new SegmentTally(
        json.path("completed").longValue(),
        json.path("failed").longValue(),
        json.path("cancelled").longValue(),
        json.path("expired").longValue(),
        new Usage(
            json.path("input").longValue(),
            json.path("cached").longValue(),
            json.path("output").longValue(),
            json.path("reasoning").longValue()),
        new BigDecimal(text(json, "cost")));
  }

  static byte[] encode(StoredFile file) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("id", file.id().hex())
        .put("owner", file.owner().name())
        .put("name", file.name())
        .put("purpose", file.purpose())
        .put("bytes", file.bytes())
        .put("chunks", file.chunks())
        .put("listed", file.listed())
        .put("created_at", file.createdAt().toString());
    file.expiresAt().ifPresent(at -> json.put("expires_at", at.toString()));
    return bytes(json);
  }

  static StoredFile decodeFile(byte[] stored) {
    JsonNode json = tree(stored);
    return new StoredFile(
        new FileId(text(json, "id")),
        new Owner(text(json, "owner")),
        text(json, "name"),
        text(json, "purpose"),
        json.path("bytes").longValue(),
        json.path("chunks").intValue(),
        json.path("listed").booleanValue(),
        time(json, "created_at"),
        json.has("expires_at") ? Optional.of(time(json, "expires_at")) : Optional.empty());
  }

  private static Instant time(JsonNode json, String field) {
    try {
      return Instant.parse(text(json, field));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("what is stored has a malformed " + field, e);
    }
  }

  private static JsonNode tree(byte[] stored) {
    try {
      return MAPPER.readTree(stored);
    } catch (IOException e) {
      throw new IllegalArgumentException("what is stored is not JSON", e);
    }
  }

  private static String text(JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw new IllegalArgumentException("what is stored has no " + field);
    }
    return value.textValue();
  }

  private static String text(Map.Entry<String, JsonNode> entry) {
    return entry.getValue().asText();
  }

  private static Optional<String> optional(JsonNode json, String field) {
    return json.has(field) ? Optional.of(text(json, field)) : Optional.empty();
  }

  private static IllegalArgumentException unknown() {
    return new IllegalArgumentException("what is stored is of a kind that this program knows not");
  }

  private static byte[] bytes(JsonNode json) {
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a tree is always JSON", e);
    }
  }
}
