package io.promptbeam.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.promptbeam.job.JobSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * What a job's row in its owner's list holds: the fields that never change and that lists filter
 * on, so that jobs which cannot match need not be read.
 *
 * <p>Stored: do not change.
 */
record OwnerIndexEntry(
    String jobType, String modelId, Optional<String> questionId, Optional<String> batchId) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final JsonFactory FACTORY = MAPPER.getFactory();

  static OwnerIndexEntry of(JobSpec spec) {
    return new OwnerIndexEntry(
        spec.labels().jobType(),
        spec.modelId(),
        spec.labels().questionId(),
        spec.labels().batchId());
  }

  byte[] encode() {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(128)) {
      try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
        json.writeStartObject();
        json.writeStringField("job_type", jobType);
        json.writeStringField("model", modelId);
        if (questionId.isPresent()) {
          json.writeStringField("question_id", questionId.get());
        }
        if (batchId.isPresent()) {
          json.writeStringField("batch_id", batchId.get());
        }
        json.writeEndObject();
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
  }

  /** Empty when {@code stored} is not readable; then only the job itself tells. */
  static Optional<OwnerIndexEntry> decode(byte[] stored) {
    JsonNode json;
    try {
      json = MAPPER.readTree(stored);
    } catch (IOException e) {
      return Optional.empty();
    }
    if (!json.path("job_type").isTextual() || !json.path("model").isTextual()) {
      return Optional.empty();
    }
    return Optional.of(
        new OwnerIndexEntry(
            json.get("job_type").textValue(),
            json.get("model").textValue(),
            Optional.ofNullable(json.path("question_id").textValue()),
            Optional.ofNullable(json.path("batch_id").textValue())));
  }

  /** False when no job with this entry can match. */
  boolean mayMatch(JobFilter filter) {
    return filter.jobType().map(jobType::equals).orElse(true)
        && filter.modelId().map(modelId::equals).orElse(true)
        && (filter.questionId().isEmpty() || filter.questionId().equals(questionId))
        && (filter.batchId().isEmpty() || filter.batchId().equals(batchId));
  }
}
