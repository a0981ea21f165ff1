package io.promptbeam.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.MalformedMessageException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Messages of the jobs topic as versioned JSON in UTF-8. Thread-safe.
 *
 * <p>Stored: do not change. Messages wait in subscriptions and references in the store while
 * programs are replaced, and others publish them. A field may be added where its absence means what
 * it meant before; a reader ignores fields it does not know.
 */
public final class JobMessageCodec {
  /** Larger messages are refused; Pub/Sub itself carries 10 MB. */
  public static final int MAX_MESSAGE_BYTES = 9_000_000;

  private static final int VERSION = 1;
  private static final String REFERENCE = "job";
  private static final String REFERENCES = "jobs";
  private static final String INLINE = "inline_job";
  private static final String BATCH = "batch";
  private static final int MAX_NAME_CHARS = 255;

  /** More than any request we store may have; a wrong one would draw on everybody's quota. */
  private static final long MAX_TOKEN_ESTIMATE = 100_000_000;

  // Decimals keep their digits: a submission's body goes to the provider as it came.
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final JsonFactory FACTORY = MAPPER.getFactory();

  private JobMessageCodec() {}

  public static byte[] encode(JobReference reference) {
    return write(REFERENCE, json -> writeFields(reference, json));
  }

  private static void writeFields(JobReference reference, JsonGenerator json) throws IOException {
    json.writeStringField("job_id", reference.jobId().toString());
    json.writeStringField("owner", reference.owner().name());
    json.writeStringField("model", reference.modelId());
    json.writeStringField("priority", reference.priority().wireName());
    json.writeNumberField("token_estimate", reference.tokenEstimate());
    if (reference.outputTokenEstimate() > 0) {
      json.writeNumberField("output_token_estimate", reference.outputTokenEstimate());
    }
    json.writeNumberField("dispatch_sequence", reference.dispatchSequence());
    if (reference.traceparent().isPresent()) {
      json.writeStringField("traceparent", reference.traceparent().get());
    }
  }

  public static byte[] encode(JobMessage message) {
    if (message instanceof JobMessage.Reference reference) {
      return encode(reference.reference());
    }
    if (message instanceof JobMessage.References together) {
      return write(
          REFERENCES,
          json -> {
            json.writeArrayFieldStart("jobs");
            for (JobReference reference : together.references()) {
              json.writeStartObject();
              writeFields(reference, json);
              json.writeEndObject();
            }
            json.writeEndArray();
          });
    }
    if (message instanceof JobMessage.OfBatch batch) {
      return write(
          BATCH,
          json -> {
            json.writeStringField("batch_id", batch.batch().hex());
            json.writeStringField("owner", batch.owner().name());
          });
    }
    JobMessage.Inline inline = (JobMessage.Inline) message;
    return write(
        INLINE,
        json -> {
          json.writeStringField("owner", inline.owner().name());
          json.writeStringField("idempotency_key", inline.idempotencyKey());
          json.writeFieldName("submission");
          MAPPER.writeTree(json, inline.submission());
        });
  }

  /**
   * Reads a message of any kind.
   *
   * @throws MalformedMessageException when it cannot be read, however often it is delivered
   */
  public static JobMessage decode(byte[] message) throws MalformedMessageException {
    if (message.length > MAX_MESSAGE_BYTES) {
      throw new MalformedMessageException(
          Reason.TOO_LARGE,
          "The message has " + message.length + " bytes, at most " + MAX_MESSAGE_BYTES + ".");
    }
    try {
      return read(parse(message));
    } catch (RuntimeException | StackOverflowError e) {
      // One message that reading trips over must not hold up the others for ever.
      throw new MalformedMessageException(
          Reason.UNFORESEEN, "Reading the message failed: " + e.getClass().getName() + ".");
    }
  }

  private static JobMessage read(ObjectNode json) throws MalformedMessageException {
    long version = number(json, "v", Long.MIN_VALUE);
    if (version != VERSION) {
      throw new MalformedMessageException(
          Reason.UNSUPPORTED_VERSION, "This program reads messages of version 1 only.");
    }
    return switch (text(json, "kind")) {
      case REFERENCE -> new JobMessage.Reference(reference(json));
      case REFERENCES -> new JobMessage.References(references(json));
      case INLINE ->
          new JobMessage.Inline(
              owner(json), name(json, "idempotency_key"), object(json, "submission"));
      case BATCH ->
          new JobMessage.OfBatch(
              BatchId.parseHex(text(json, "batch_id")).orElseThrow(() -> invalid("batch_id")),
              owner(json));
      default ->
          throw new MalformedMessageException(
              Reason.UNKNOWN_KIND,
              "The message's kind is none of job, jobs, inline_job and batch.");
    };
  }

  private static List<JobReference> references(ObjectNode json) throws MalformedMessageException {
    List<JobReference> references = new ArrayList<>();
    for (JsonNode entry : present(json, "jobs")) {
      if (!(entry instanceof ObjectNode reference)) {
        throw invalid("jobs");
      }
      references.add(reference(reference));
    }
    if (references.isEmpty()) {
      throw invalid("jobs");
    }
    return references;
  }

  private static JobReference reference(ObjectNode json) throws MalformedMessageException {
    long dispatchSequence = number(json, "dispatch_sequence", 0);
    if (dispatchSequence > Integer.MAX_VALUE) {
      throw invalid("dispatch_sequence");
    }
    long tokens = number(json, "token_estimate", 0);
    if (tokens > MAX_TOKEN_ESTIMATE) {
      throw invalid("token_estimate");
    }
    // Messages of older programs do not have it.
    boolean apart = json.hasNonNull("output_token_estimate");
    long output = apart ? number(json, "output_token_estimate", 0) : 0;
    if (output > tokens) {
      throw invalid("output_token_estimate");
    }
    return new JobReference(
        JobId.parse(text(json, "job_id")).orElseThrow(() -> invalid("job_id")),
        owner(json),
        name(json, "model"),
        Priority.parse(text(json, "priority")).orElseThrow(() -> invalid("priority")),
        tokens,
        output,
        (int) dispatchSequence,
        json.hasNonNull("traceparent") ? Optional.of(name(json, "traceparent")) : Optional.empty());
  }

  private static ObjectNode parse(byte[] message) throws MalformedMessageException {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(message);
    } catch (IOException | NumberFormatException e) {
      // Jackson lets the second one out for an exponent no decimal can have.
      // Without the cause, whose message quotes what it could not read.
      throw new MalformedMessageException(Reason.NOT_JSON, "The message is not JSON.");
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new MalformedMessageException(Reason.NOT_JSON, "The message is not a JSON object.");
    }
    return object;
  }

  private static Owner owner(ObjectNode json) throws MalformedMessageException {
    String name = text(json, "owner");
    try {
      return new Owner(name);
    } catch (IllegalArgumentException e) {
      throw invalid("owner");
    }
  }

  private static String name(ObjectNode json, String field) throws MalformedMessageException {
    String name = text(json, field);
    if (name.isBlank() || name.length() > MAX_NAME_CHARS) {
      throw invalid(field);
    }
    return name;
  }

  private static String text(ObjectNode json, String field) throws MalformedMessageException {
    JsonNode value = present(json, field);
    if (!value.isTextual()) {
      throw invalid(field);
    }
    return value.textValue();
  }

  private static long number(ObjectNode json, String field, long least)
      throws MalformedMessageException {
    JsonNode value = present(json, field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < least) {
      throw invalid(field);
    }
    return value.longValue();
  }

  private static ObjectNode object(ObjectNode json, String field) throws MalformedMessageException {
    if (present(json, field) instanceof ObjectNode object) {
      return object;
    }
    throw invalid(field);
  }

  private static JsonNode present(ObjectNode json, String field) throws MalformedMessageException {
    JsonNode value = json.get(field);
    if (value == null || value.isNull()) {
      throw new MalformedMessageException(
          Reason.MISSING_FIELD, "The message has no '" + field + "'.");
    }
    return value;
  }

  private static MalformedMessageException invalid(String field) {
    return new MalformedMessageException(
        Reason.INVALID_FIELD, "The message's '" + field + "' is not valid.");
  }

  private interface Body {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private static byte[] write(String kind, Body body) {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(256)) {
      try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
        json.writeStartObject();
        json.writeNumberField("v", VERSION);
        json.writeStringField("kind", kind);
        body.writeTo(json);
        json.writeEndObject();
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
  }
}
