package io.promptbeam.api.jobs;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.job.CachedAnswer;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.Route;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;

/** Where a job's answer comes from, and what it is as JSON. */
final class AnswerViews {
  private static final ObjectMapper READER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private AnswerViews() {}

  static void writeOrigin(JsonGenerator json, Job job) throws IOException {
    json.writeStringField("served_by", job.run().servedBy(job.spec()).orElse(null));
    json.writeArrayFieldStart("fallbacks");
    for (Route.Hop hop : job.run().route().hops()) {
      json.writeStartObject();
      json.writeStringField("model_id", hop.modelId());
      json.writeStringField("reason", hop.reason());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeBooleanField("repaired", job.run().repaired());
    Optional<CachedAnswer> cached = job.run().ending().flatMap(Ending::cached);
    json.writeBooleanField("cached", cached.isPresent());
    json.writeStringField("cached_from", cached.map(from -> from.from().toString()).orElse(null));
    json.writeFieldName("saved_usd");
    Optional<BigDecimal> saved = cached.flatMap(CachedAnswer::savedUsd);
    if (saved.isPresent()) {
      json.writeNumber(saved.get().toPlainString());
    } else {
      json.writeNull();
    }
  }

  /** Null unless the job asked for it with a schema. */
  static void writeOutputJson(JsonGenerator json, Job job, Optional<String> text)
      throws IOException {
    json.writeFieldName("output_json");
    if (job.spec().options().outputSchema().isPresent()
        && text.filter(AnswerViews::isJson).isPresent()) {
      // As the model wrote it: a tree would not keep every number's digits.
      json.writeRawValue(text.get());
    } else {
      json.writeNull();
    }
  }

  private static boolean isJson(String text) {
    try {
      return !READER.readTree(text).isMissingNode();
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
