package io.promptbeam.templates.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.OutputText;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** A job as a row of {@link ExportSchema}. */
final class JobRecords {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final JobError ERASED = JobError.of("erased", "The answer was erased.");

  private JobRecords() {}

  /**
   * Of a job.
   *
   * @param job as it stands, if it is a line of a batch
   */
  static GenericRecord of(Job job, boolean withRequest) {
    Row row = new Row();
    var spec = job.spec();
    var run = job.run();
    row.put(ExportSchema.JOB_ID, spec.id().toString());
    row.put(ExportSchema.BATCH_ID, spec.labels().batchId());
    row.put(ExportSchema.CUSTOM_ID, spec.labels().customId());
    row.put(ExportSchema.LINE, BatchLine.of(spec.id()).map(line -> line.number() + 1L));
    row.put(ExportSchema.OWNER, spec.owner().name());
    row.put(ExportSchema.JOB_TYPE, spec.labels().jobType());
    row.put(ExportSchema.QUESTION_ID, spec.labels().questionId());
    row.put(ExportSchema.MODEL, spec.modelId());
    row.put(ExportSchema.SERVED_BY, run.servedBy(spec));
    row.put(ExportSchema.STATE, run.state().wireName());
    row.put(ExportSchema.ATTEMPTS, (long) run.attempt());
    row.put(ExportSchema.SUBMITTED_AT, micros(spec.createdAt()));
    row.put(ExportSchema.STARTED_AT, run.startedAt().map(JobRecords::micros));
    row.put(ExportSchema.COMPLETED_AT, run.ending().map(ending -> micros(ending.at())));
    row.put(ExportSchema.METADATA, metadata(spec.labels().metadata()));
    error(job).ifPresent(error -> putError(row, error));
    putAnswer(row, job);
    putCosts(row, job);
    if (withRequest) {
      row.put(ExportSchema.REQUEST, job.request().map(JobRecords::json));
    }
    return row.record;
  }

  private static Optional<JobError> error(Job job) {
    if (job.run().state() == JobState.COMPLETED && job.run().erased()) {
      return Optional.of(ERASED);
    }
    return job.run().ending().flatMap(Ending::error);
  }

  private static void putError(Row row, JobError error) {
    row.put(ExportSchema.ERROR_CODE, error.code());
    row.put(ExportSchema.ERROR_MESSAGE, error.message());
  }

  private static void putAnswer(Row row, Job job) {
    if (job.result().isEmpty()) {
      return;
    }
    byte[] answer = job.result().get();
    row.put(ExportSchema.RESPONSE, new String(answer, StandardCharsets.UTF_8));
    JsonNode json = parsed(answer);
    row.put(ExportSchema.TEXT, OutputText.of(json));
    row.put(
        ExportSchema.PROVIDER_MODEL,
        text(json.path("model")).or(() -> text(json.path("modelVersion"))));
  }

  /** What cannot be read is exported as it came, without what would be read from it. */
  private static JsonNode parsed(byte[] answer) {
    try {
      return MAPPER.readTree(answer);
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private static Optional<String> text(JsonNode node) {
    return Optional.ofNullable(node.textValue());
  }

  /** Of a job that has not ended, what its calls have come to so far. */
  private static void putCosts(Row row, Job job) {
    List<CallRecord> calls = job.run().calls();
    Optional<Ending> ending = job.run().ending();
    Optional<Usage> usage =
        ending
            .flatMap(Ending::usage)
            .or(() -> calls.stream().flatMap(c -> c.usage().stream()).reduce(Usage::plus));
    Optional<BigDecimal> cost =
        ending
            .flatMap(Ending::costUsd)
            .or(() -> calls.stream().flatMap(c -> c.costUsd().stream()).reduce(BigDecimal::add));
    row.put(ExportSchema.INPUT_TOKENS, usage.map(Usage::inputTokens));
    row.put(ExportSchema.CACHED_INPUT_TOKENS, usage.map(Usage::cachedInputTokens));
    row.put(ExportSchema.OUTPUT_TOKENS, usage.map(Usage::outputTokens));
    row.put(ExportSchema.REASONING_TOKENS, usage.map(Usage::reasoningTokens));
    row.put(ExportSchema.COST_USD, cost.map(BigDecimal::doubleValue));
  }

  private static Optional<String> metadata(Map<String, String> metadata) {
    if (metadata.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    new TreeMap<>(metadata).forEach(json::put);
    return Optional.of(json.toString());
  }

  /** The body as it came, or the neutral form's fields as submissions call them. */
  private static String json(LlmRequest request) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (request instanceof LlmRequest.Native body) {
      json = body.body();
    } else if (request instanceof LlmRequest.Prompt prompt) {
      prompt.systemMessage().ifPresent(withText(json, "system_message"));
      json.put("full_input", prompt.input()).set("params", prompt.params());
    } else if (request instanceof LlmRequest.Messages messages) {
      messages.systemMessage().ifPresent(withText(json, "system_message"));
      json.set("messages", messages.messages());
      json.set("params", messages.params());
    }
    try {
      return MAPPER.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  private static Consumer<String> withText(ObjectNode json, String field) {
    return text -> json.put(field, text);
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  /** JSON can hold halves of characters, which no encoding can: one would fail the whole export. */
  private static String encodable(String text) {
    return text.chars().anyMatch(c -> Character.isSurrogate((char) c))
        ? new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
        : text;
  }

  /** Puts what is there: a column that is not put is null. */
  private static final class Row {
    private final GenericRecord record = new GenericData.Record(ExportSchema.SCHEMA);

    void put(String column, Object value) {
      record.put(column, value instanceof String text ? encodable(text) : value);
    }

    void put(String column, Optional<?> value) {
      value.ifPresent(v -> put(column, v));
    }
  }
}
