package io.promptbeam.submit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.schema.InvalidSchemaException;
import io.promptbeam.schema.OutputSchema;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Reads what a submission asks for beside its call. */
final class OptionFields {
  static final Duration MAX_CACHE_AGE = Duration.ofDays(30);

  private static final String OUTPUT_SCHEMA = "output_schema";
  private static final String CACHE = "cache";
  private static final String MAX_AGE = "max_age_seconds";

  private OptionFields() {}

  static JobOptions read(Fields fields, LlmRequest request) throws InvalidSubmissionException {
    return new JobOptions(cacheMaxAge(fields), outputSchema(fields, request));
  }

  private static Optional<Duration> cacheMaxAge(Fields fields) throws InvalidSubmissionException {
    Optional<ObjectNode> cache = fields.object(CACHE);
    if (cache.isEmpty()) {
      return Optional.empty();
    }
    for (var names = cache.get().fieldNames(); names.hasNext(); ) {
      if (!names.next().equals(MAX_AGE)) {
        throw Fields.invalid(CACHE, "It may have max_age_seconds, and nothing else.");
      }
    }
    try {
      Fields inner = Fields.of(cache.get(), Set.of(MAX_AGE));
      if (!inner.has(MAX_AGE)) {
        throw Fields.missing(MAX_AGE);
      }
      return Optional.of(
          Duration.ofSeconds(inner.integer(MAX_AGE, 1, MAX_CACHE_AGE.toSeconds(), 1)));
    } catch (InvalidSubmissionException e) {
      throw new InvalidSubmissionException(
          e.code(), CACHE + "." + e.field(), String.valueOf(e.getMessage()));
    }
  }

  private static Optional<ObjectNode> outputSchema(Fields fields, LlmRequest request)
      throws InvalidSubmissionException {
    Optional<ObjectNode> schema = fields.object(OUTPUT_SCHEMA);
    if (schema.isEmpty()) {
      return Optional.empty();
    }
    if (request instanceof LlmRequest.Native given && !given.body().path("messages").isArray()) {
      throw Fields.invalid(
          OUTPUT_SCHEMA,
          "It goes with full_input, with messages, and with a request that has messages.");
    }
    try {
      OutputSchema.of(schema.get());
    } catch (InvalidSchemaException e) {
      throw Fields.invalid(OUTPUT_SCHEMA, String.valueOf(e.getMessage()));
    }
    return schema;
  }
}
