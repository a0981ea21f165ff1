package io.promptbeam.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.CachedAnswer;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Ending;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Lease;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Route;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A job's parts as JSON in UTF-8, as the store keeps them.
 *
 * <p>Stored: do not change. A field may be added where its absence means what it meant before;
 * fields unknown to the reader are ignored. Decoding fails with {@link IllegalArgumentException},
 * whose message never holds stored content.
 */
public final class JobJson {
  // Decimals keep their digits: a native body passes through the store as it came.
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final JsonFactory FACTORY = MAPPER.getFactory();

  private JobJson() {}

  public static byte[] encode(JobSpec spec) {
    return write(
        json -> {
          json.writeStringField("id", spec.id().toString());
          json.writeStringField("owner", spec.owner().name());
          json.writeStringField("model", spec.modelId());
          JobLabels labels = spec.labels();
          json.writeStringField("job_type", labels.jobType());
          writeText(json, "question_id", labels.questionId());
          writeText(json, "batch_id", labels.batchId());
          writeText(json, "custom_id", labels.customId());
          if (!labels.metadata().isEmpty()) {
            json.writeObjectFieldStart("metadata");
            for (var entry : new TreeMap<>(labels.metadata()).entrySet()) {
              json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
          }
          JobLimits limits = spec.limits();
          json.writeStringField("priority", limits.priority().wireName());
          json.writeNumberField("token_estimate", limits.tokenEstimate());
          if (limits.outputTokenEstimate() > 0) {
            json.writeNumberField("output_token_estimate", limits.outputTokenEstimate());
          }
          json.writeStringField("deadline", limits.deadline().toString());
          json.writeNumberField("max_attempts", limits.maxAttempts());
          json.writeStringField("created_at", spec.createdAt().toString());
          writeText(json, "request_hash", spec.requestHash());
          writeText(json, "not_before", limits.notBefore().map(Instant::toString));
          writeText(json, "retry_of", spec.retryOf().map(JobId::toString));
          writeOptions(json, spec.options());
          writeText(json, "traceparent", spec.traceparent());
        });
  }

  public static JobSpec decodeSpec(byte[] stored) {
    return read(
        "spec",
        stored,
        json ->
            new JobSpec(
                JobId.parse(json.text("id")).orElseThrow(() -> json.invalid("id")),
                new Owner(json.text("owner")),
                json.text("model"),
                new JobLabels(
                    json.text("job_type"),
                    json.optionalText("question_id"),
                    json.optionalText("batch_id"),
                    json.optionalText("custom_id"),
                    json.texts("metadata")),
                new JobLimits(
                    Priority.parse(json.text("priority"))
                        .orElseThrow(() -> json.invalid("priority")),
                    json.number("token_estimate"),
                    json.has("output_token_estimate") ? json.number("output_token_estimate") : 0,
                    json.instant("deadline"),
                    Math.toIntExact(json.number("max_attempts")),
                    json.optionalInstant("not_before")),
                json.instant("created_at"),
                json.optionalText("request_hash"),
                json.optionalText("retry_of")
                    .map(id -> JobId.parse(id).orElseThrow(() -> json.invalid("retry_of"))),
                new JobOptions(
                    json.has("cache_max_age_seconds")
                        ? Optional.of(Duration.ofSeconds(json.number("cache_max_age_seconds")))
                        : Optional.empty(),
                    json.has("output_schema")
                        ? Optional.of(json.tree("output_schema", ObjectNode.class))
                        : Optional.empty()),
                json.optionalText("traceparent")));
  }

  private static void writeOptions(JsonGenerator json, JobOptions options) throws IOException {
    if (options.cacheMaxAge().isPresent()) {
      json.writeNumberField("cache_max_age_seconds", options.cacheMaxAge().get().toSeconds());
    }
    if (options.outputSchema().isPresent()) {
      writeTree(json, "output_schema", options.outputSchema().get());
    }
  }

  public static byte[] encode(JobRun run) {
    return write(
        json -> {
          json.writeStringField("state", run.state().wireName());
          json.writeNumberField("attempt", run.attempt());
          if (run.lease().isPresent()) {
            json.writeObjectFieldStart("lease");
            json.writeStringField("token", run.lease().get().token());
            json.writeStringField("expires_at", run.lease().get().expiresAt().toString());
            json.writeEndObject();
          }
          writeText(json, "not_before", run.notBefore().map(Instant::toString));
          writeText(json, "started_at", run.startedAt().map(Instant::toString));
          if (run.cancelRequested()) {
            json.writeBooleanField("cancel_requested", true);
          }
          if (run.ending().isPresent()) {
            json.writeObjectFieldStart("ending");
            writeEnding(json, run.ending().get());
            json.writeEndObject();
          }
          writeError(json, "last_error", run.lastError());
          if (run.erased()) {
            json.writeBooleanField("erased", true);
          }
          if (!run.calls().isEmpty()) {
            json.writeArrayFieldStart("calls");
            for (CallRecord call : run.calls()) {
              json.writeStartObject();
              writeCall(json, call);
              json.writeEndObject();
            }
            json.writeEndArray();
          }
          if (!run.route().equals(Route.HOME)) {
            writeRoute(json, run.route());
          }
        });
  }

  private static void writeRoute(JsonGenerator json, Route route) throws IOException {
    json.writeObjectFieldStart("route");
    writeText(json, "model", route.modelId());
    json.writeArrayFieldStart("hops");
    for (Route.Hop hop : route.hops()) {
      json.writeStartObject();
      json.writeStringField("model", hop.modelId());
      json.writeStringField("reason", hop.reason());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static Route readRoute(StoredObject json) {
    return new Route(
        json.optionalText("model"),
        json.objects("hops").stream()
            .map(hop -> new Route.Hop(hop.text("model"), hop.text("reason")))
            .toList());
  }

  private static void writeCall(JsonGenerator json, CallRecord call) throws IOException {
    json.writeNumberField("attempt", call.attempt());
    json.writeStringField("model", call.modelId());
    json.writeStringField("at", call.at().toString());
    writeUsage(json, call.usage());
    writeText(json, "cost_usd", call.costUsd().map(BigDecimal::toString));
    writeText(json, "error", call.errorCode());
  }

  private static CallRecord readCall(StoredObject json) {
    return new CallRecord(
        Math.toIntExact(json.number("attempt")),
        json.text("model"),
        json.instant("at"),
        json.optionalObject("usage").map(JobJson::readUsage),
        json.optionalText("cost_usd").map(BigDecimal::new),
        json.optionalText("error"));
  }

  private static void writeUsage(JsonGenerator json, Optional<Usage> reported) throws IOException {
    if (reported.isPresent()) {
      Usage usage = reported.get();
      json.writeObjectFieldStart("usage");
      json.writeNumberField("input_tokens", usage.inputTokens());
      json.writeNumberField("cached_input_tokens", usage.cachedInputTokens());
      json.writeNumberField("output_tokens", usage.outputTokens());
      json.writeNumberField("reasoning_tokens", usage.reasoningTokens());
      json.writeEndObject();
    }
  }

  private static Usage readUsage(StoredObject json) {
    return new Usage(
        json.number("input_tokens"),
        json.number("cached_input_tokens"),
        json.number("output_tokens"),
        json.number("reasoning_tokens"));
  }

  private static void writeEnding(JsonGenerator json, Ending ending) throws IOException {
    json.writeStringField("at", ending.at().toString());
    writeUsage(json, ending.usage());
    // Text, since a number would lose trailing zeros in readers that use doubles.
    writeText(json, "cost_usd", ending.costUsd().map(BigDecimal::toString));
    writeError(json, "error", ending.error());
    if (ending.cached().isPresent()) {
      CachedAnswer cached = ending.cached().get();
      json.writeObjectFieldStart("cached");
      json.writeStringField("from", cached.from().toString());
      json.writeStringField("served_by", cached.servedBy());
      writeText(json, "saved_usd", cached.savedUsd().map(BigDecimal::toString));
      json.writeEndObject();
    }
  }

  public static JobRun decodeRun(byte[] stored) {
    return read(
        "run",
        stored,
        json ->
            new JobRun(
                JobState.parse(json.text("state")).orElseThrow(() -> json.invalid("state")),
                Math.toIntExact(json.number("attempt")),
                json.optionalObject("lease")
                    .map(lease -> new Lease(lease.text("token"), lease.instant("expires_at"))),
                json.optionalInstant("not_before"),
                json.optionalInstant("started_at"),
                json.flag("cancel_requested"),
                json.optionalObject("ending").map(JobJson::readEnding),
                json.optionalObject("last_error").map(JobJson::readError),
                json.flag("erased"),
                json.objects("calls").stream().map(JobJson::readCall).toList(),
                json.optionalObject("route").map(JobJson::readRoute).orElse(Route.HOME)));
  }

  private static Ending readEnding(StoredObject json) {
    return new Ending(
        json.instant("at"),
        json.optionalObject("usage").map(JobJson::readUsage),
        json.optionalText("cost_usd").map(BigDecimal::new),
        json.optionalObject("error").map(JobJson::readError),
        json.optionalObject("cached").map(JobJson::readCached));
  }

  private static CachedAnswer readCached(StoredObject json) {
    return new CachedAnswer(
        JobId.parse(json.text("from")).orElseThrow(() -> json.invalid("from")),
        json.text("served_by"),
        json.optionalText("saved_usd").map(BigDecimal::new));
  }

  private static void writeError(JsonGenerator json, String field, Optional<JobError> error)
      throws IOException {
    if (error.isPresent()) {
      json.writeObjectFieldStart(field);
      json.writeStringField("code", error.get().code());
      json.writeStringField("message", error.get().message());
      if (error.get().providerStatus().isPresent()) {
        json.writeNumberField("provider_status", error.get().providerStatus().get());
      }
      json.writeEndObject();
    }
  }

  private static JobError readError(StoredObject json) {
    return new JobError(
        json.text("code"),
        json.text("message"),
        json.has("provider_status")
            ? Optional.of(Math.toIntExact(json.number("provider_status")))
            : Optional.empty());
  }

  public static byte[] encode(LlmRequest request) {
    return write(
        json -> {
          if (request instanceof LlmRequest.Prompt prompt) {
            json.writeStringField("form", "prompt");
            writeText(json, "system_message", prompt.systemMessage());
            json.writeStringField("input", prompt.input());
            writeTree(json, "params", prompt.params());
          } else if (request instanceof LlmRequest.Messages conversation) {
            json.writeStringField("form", "messages");
            writeText(json, "system_message", conversation.systemMessage());
            writeTree(json, "messages", conversation.messages());
            writeTree(json, "params", conversation.params());
          } else if (request instanceof LlmRequest.Native body) {
            json.writeStringField("form", "native");
            json.writeStringField("endpoint", body.endpoint());
            writeTree(json, "body", body.body());
          }
        });
  }

  public static LlmRequest decodeRequest(byte[] stored) {
    return read(
        "request",
        stored,
        json ->
            switch (json.text("form")) {
              case "prompt" ->
                  new LlmRequest.Prompt(
                      json.optionalText("system_message"),
                      json.text("input"),
                      json.tree("params", ObjectNode.class));
              case "messages" ->
                  new LlmRequest.Messages(
                      json.optionalText("system_message"),
                      json.tree("messages", ArrayNode.class),
                      json.tree("params", ObjectNode.class));
              case "native" ->
                  new LlmRequest.Native(json.text("endpoint"), json.tree("body", ObjectNode.class));
              default -> throw json.invalid("form");
            });
  }

  private static void writeText(JsonGenerator json, String field, Optional<String> text)
      throws IOException {
    if (text.isPresent()) {
      json.writeStringField(field, text.get());
    }
  }

  private static void writeTree(JsonGenerator json, String field, JsonNode tree)
      throws IOException {
    json.writeFieldName(field);
    MAPPER.writeTree(json, tree);
  }

  private interface Body {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private static byte[] write(Body body) {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(512)) {
      try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
        json.writeStartObject();
        body.writeTo(json);
        json.writeEndObject();
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
  }

  private interface Decoding<T> {
    T from(StoredObject json);
  }

  private static <T> T read(String what, byte[] stored, Decoding<T> decoding) {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(stored);
    } catch (IOException e) {
      // Without the cause, whose message quotes what it could not read.
      throw new IllegalArgumentException("stored " + what + " is not JSON");
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new IllegalArgumentException("stored " + what + " is not a JSON object");
    }
    try {
      return decoding.from(new StoredObject(what, object));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("stored " + what + " has a number out of range");
    }
  }

  /** Strict access to the fields of what is stored, naming the field in every complaint. */
  private record StoredObject(String what, ObjectNode fields) {
    IllegalArgumentException invalid(String field) {
      return new IllegalArgumentException("stored " + what + " has no valid '" + field + "'");
    }

    boolean has(String field) {
      return fields.hasNonNull(field);
    }

    String text(String field) {
      return optionalText(field).orElseThrow(() -> invalid(field));
    }

    Optional<String> optionalText(String field) {
      JsonNode value = fields.get(field);
      if (value == null || value.isNull()) {
        return Optional.empty();
      }
      if (!value.isTextual()) {
        throw invalid(field);
      }
      return Optional.of(value.textValue());
    }

    long number(String field) {
      JsonNode value = fields.get(field);
      if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
        throw invalid(field);
      }
      return value.longValue();
    }

    boolean flag(String field) {
      return fields.path(field).asBoolean(false);
    }

    Instant instant(String field) {
      return optionalInstant(field).orElseThrow(() -> invalid(field));
    }

    Optional<Instant> optionalInstant(String field) {
      try {
        return optionalText(field).map(Instant::parse);
      } catch (java.time.format.DateTimeParseException e) {
        throw invalid(field);
      }
    }

    Optional<StoredObject> optionalObject(String field) {
      if (!has(field)) {
        return Optional.empty();
      }
      return Optional.of(new StoredObject(what, tree(field, ObjectNode.class)));
    }

    List<StoredObject> objects(String field) {
      List<StoredObject> objects = new ArrayList<>();
      for (JsonNode element : fields.path(field)) {
        if (!(element instanceof ObjectNode object)) {
          throw invalid(field);
        }
        objects.add(new StoredObject(what, object));
      }
      return objects;
    }

    <N extends JsonNode> N tree(String field, Class<N> type) {
      JsonNode value = fields.get(field);
      if (!type.isInstance(value)) {
        throw invalid(field);
      }
      return type.cast(value);
    }

    Map<String, String> texts(String field) {
      Map<String, String> texts = new LinkedHashMap<>();
      fields
          .path(field)
          .fields()
          .forEachRemaining(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
      return texts;
    }
  }
}
