package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Sha256;
import io.promptbeam.store.JobJson;
import io.promptbeam.store.JobStore;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Turns a caller's JSON into a {@link Submission}, checking every field. Pure, thread-safe. */
public final class SubmissionParser {
  static final Duration DEFAULT_DEADLINE = Duration.ofHours(24);
  static final Duration MAX_DEADLINE = Duration.ofDays(7);
  static final Duration MAX_AHEAD = Duration.ofDays(30);
  static final int DEFAULT_MAX_ATTEMPTS = 3;
  static final int MAX_MAX_ATTEMPTS = 10;
  static final int MAX_JOB_TYPE_CHARS = 64;
  static final int MAX_QUESTION_ID_CHARS = 256;
  private static final int MAX_MODEL_ID_CHARS = 256;

  private static final Pattern IDEMPOTENCY_KEY = Pattern.compile("[\\x20-\\x7E]{1,255}");

  private static final Set<String> SUBMIT_FIELDS =
      Set.of(
          "model_id",
          "full_input",
          "system_message",
          "messages",
          "request",
          "job_type",
          "params",
          "metadata",
          "priority",
          "deadline_seconds",
          "not_before",
          "max_attempts",
          "output_schema",
          "cache");
  private static final Set<String> TRAINER_FIELDS =
      Set.of(
          "model_id",
          "question_id",
          "full_input",
          "system_message",
          "params",
          "metadata",
          "priority",
          "deadline_seconds",
          "not_before",
          "max_attempts",
          "output_schema",
          "cache");

  /** Set by us or by other fields; as parameters they would override those. */
  private static final Set<String> NOT_PARAMS =
      Set.of(
          "model",
          "messages",
          "input",
          "prompt",
          "contents",
          "system",
          "systemInstruction",
          "system_instruction",
          "stream_options");

  private final Supplier<ModelCatalog> models;

  /** With models that do not change. */
  public SubmissionParser(ModelCatalog models) {
    this(() -> models);
  }

  /**
   * @param models asked for each submission, since it may change
   */
  public SubmissionParser(Supplier<ModelCatalog> models) {
    this.models = models;
  }

  /**
   * A generic submission, as {@code POST /api/llm/jobs/submit/} takes it.
   *
   * @param idempotencyKey 1 to 255 printable ASCII characters; decides the job's id
   * @param receivedAt becomes {@code created_at}, cut to milliseconds
   */
  public Submission parse(
      JsonNode body, Owner owner, Optional<String> idempotencyKey, Instant receivedAt)
      throws InvalidSubmissionException {
    Fields fields = Fields.of(body, SUBMIT_FIELDS);
    String modelId = modelId(fields);
    var labels = fields.text("job_type", MAX_JOB_TYPE_CHARS).orElse(JobLabels.GENERIC);
    if (forms(fields) == 0) {
      throw new InvalidSubmissionException(
          "missing_field", "full_input", "Give one of full_input, messages and request.");
    }
    if (forms(fields) > 1) {
      throw Fields.invalid(
          fields.has("request") ? "request" : "messages",
          "Give only one of full_input, messages and request.");
    }
    Optional<String> customId = Optional.empty();
    LlmRequest request;
    if (fields.has("request")) {
      var parsed = nativeRequest(fields, provider(modelId));
      request = parsed.request();
      customId = parsed.customId();
    } else if (fields.has("messages")) {
      request = new LlmRequest.Messages(system(fields), messages(fields), params(fields));
    } else {
      request = prompt(fields);
    }
    return submission(
        fields,
        new JobLabels(
            labels, Optional.empty(), Optional.empty(), customId, fields.metadata("metadata")),
        modelId,
        request,
        new Origin("submit", body, owner, idempotencyKey, receivedAt));
  }

  /** A trainer's question, as {@code POST /api/llm/trainer-analysis/} takes it. */
  public Submission parseTrainerAnalysis(
      JsonNode body, Owner owner, Optional<String> idempotencyKey, Instant receivedAt)
      throws InvalidSubmissionException {
    Fields fields = Fields.of(body, TRAINER_FIELDS);
    String modelId = modelId(fields);
    String questionId = fields.requiredText("question_id", MAX_QUESTION_ID_CHARS);
    LlmRequest request = prompt(fields);
    return submission(
        fields,
        new JobLabels(
            JobLabels.TRAINER_QUESTION_ANALYSIS,
            Optional.of(questionId),
            Optional.empty(),
            Optional.empty(),
            fields.metadata("metadata")),
        modelId,
        request,
        new Origin("trainer_analysis", body, owner, idempotencyKey, receivedAt));
  }

  private record Origin(
      String kind, JsonNode body, Owner owner, Optional<String> idempotencyKey, Instant at) {}

  private Submission submission(
      Fields fields, JobLabels labels, String modelId, LlmRequest request, Origin origin)
      throws InvalidSubmissionException {
    if (origin
        .idempotencyKey()
        .filter(key -> !IDEMPOTENCY_KEY.matcher(key).matches())
        .isPresent()) {
      throw Fields.invalid("Idempotency-Key", "It must have 1 to 255 printable ASCII characters.");
    }
    Instant createdAt = origin.at().truncatedTo(ChronoUnit.MILLIS);
    long deadlineSeconds =
        fields.integer(
            "deadline_seconds", 1, MAX_DEADLINE.toSeconds(), DEFAULT_DEADLINE.toSeconds());
    Optional<Instant> notBefore = notBefore(fields, createdAt);
    int maxAttempts =
        (int) fields.integer("max_attempts", 1, MAX_MAX_ATTEMPTS, DEFAULT_MAX_ATTEMPTS);
    TokenEstimate estimate = TokenEstimate.of(request);
    JobLimits limits =
        new JobLimits(
            priority(fields),
            estimate.total(),
            estimate.outputTokens(),
            notBefore.orElse(createdAt).plusSeconds(deadlineSeconds),
            maxAttempts,
            notBefore);
    checkSize(request);
    TokenCheck.check(models.get(), modelId, inputField(fields), estimate);
    JobId id =
        origin
            .idempotencyKey()
            .map(key -> JobId.forIdempotencyKey(origin.owner(), key))
            .orElseGet(JobId::random);
    Optional<String> hash =
        origin.idempotencyKey().map(key -> requestHash(origin.kind(), origin.body()));
    return new Submission(
        new JobSpec(
            id,
            origin.owner(),
            modelId,
            labels,
            limits,
            createdAt,
            hash,
            Optional.empty(),
            OptionFields.read(fields, request)),
        request);
  }

  private static String inputField(Fields fields) {
    if (fields.has("request")) {
      return "request";
    }
    return fields.has("messages") ? "messages" : "full_input";
  }

  private String modelId(Fields fields) throws InvalidSubmissionException {
    String modelId = fields.requiredText("model_id", MAX_MODEL_ID_CHARS);
    if (models.get().find(modelId).isEmpty()) {
      throw new InvalidSubmissionException(
          "unknown_model",
          "model_id",
          "No model of this id is configured; GET /api/llm/models/ lists those that are.");
    }
    return modelId;
  }

  /** A model that went from the catalog a moment ago fails its job later, and not here. */
  private ProviderKind provider(String modelId) {
    return models.get().find(modelId).map(ModelConfig::provider).orElse(ProviderKind.OPENAI);
  }

  private static int forms(Fields fields) {
    int forms = 0;
    for (String name : new String[] {"full_input", "messages", "request"}) {
      forms += fields.has(name) ? 1 : 0;
    }
    return forms;
  }

  private static LlmRequest prompt(Fields fields) throws InvalidSubmissionException {
    String input = fields.requiredText("full_input", Integer.MAX_VALUE);
    return new LlmRequest.Prompt(system(fields), input, params(fields));
  }

  /** An empty system message is none: forms send it when the field is left blank. */
  private static Optional<String> system(Fields fields) throws InvalidSubmissionException {
    boolean blank =
        fields
            .get("system_message")
            .map(n -> n.isTextual() && n.textValue().isBlank())
            .orElse(true);
    return blank ? Optional.empty() : fields.text("system_message", Integer.MAX_VALUE);
  }

  private static NativeRequests.Parsed nativeRequest(Fields fields, ProviderKind provider)
      throws InvalidSubmissionException {
    if (fields.has("system_message")) {
      throw Fields.invalid(
          "system_message", "A request carries its own system message; put it there.");
    }
    if (fields.has("params")) {
      throw Fields.invalid("params", "A request carries its own parameters; put them there.");
    }
    Optional<ObjectNode> request = fields.object("request");
    if (request.isEmpty()) {
      throw Fields.missing("request");
    }
    return NativeRequests.parse(request.get(), provider);
  }

  private static ArrayNode messages(Fields fields) throws InvalidSubmissionException {
    JsonNode node = fields.get("messages").orElseThrow(() -> Fields.missing("messages"));
    if (!(node instanceof ArrayNode messages) || messages.isEmpty()) {
      throw Fields.wrongType("messages", "a list of {\"role\", \"content\"} objects, at least one");
    }
    for (int i = 0; i < messages.size(); i++) {
      String path = "messages[" + i + "]";
      JsonNode message = messages.get(i);
      if (!message.isObject()) {
        throw Fields.wrongType(path, "a {\"role\", \"content\"} object");
      }
      if (!message.path("role").isTextual() || message.path("role").textValue().isBlank()) {
        throw Fields.wrongType(path + ".role", "a string such as user, assistant or system");
      }
      JsonNode content = message.path("content");
      boolean callsTools = message.path("tool_calls").isArray();
      if (!(content.isTextual() || content.isArray() || callsTools)) {
        throw Fields.wrongType(path + ".content", "a string or a list of parts");
      }
    }
    return messages;
  }

  private static ObjectNode params(Fields fields) throws InvalidSubmissionException {
    ObjectNode params = fields.object("params").orElseGet(StrictJson::object);
    NativeRequests.refuseStreaming(params, "params");
    for (var names = params.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (NOT_PARAMS.contains(name)) {
        throw Fields.invalid(
            "params." + name, "It cannot be set here; use the fields beside params.");
      }
    }
    return params;
  }

  /** Empty when the job may start at once. */
  private static Optional<Instant> notBefore(Fields fields, Instant createdAt)
      throws InvalidSubmissionException {
    Optional<Instant> notBefore = fields.instant("not_before");
    if (notBefore.filter(at -> at.isAfter(createdAt.plus(MAX_AHEAD))).isPresent()) {
      throw Fields.invalid(
          "not_before", "It may be at most " + MAX_AHEAD.toDays() + " days ahead.");
    }
    return notBefore.filter(at -> at.isAfter(createdAt));
  }

  private static Priority priority(Fields fields) throws InvalidSubmissionException {
    Optional<String> name = fields.text("priority", MAX_JOB_TYPE_CHARS);
    if (name.isEmpty()) {
      return Priority.INTERACTIVE;
    }
    return Priority.parse(name.get())
        .orElseThrow(() -> Fields.invalid("priority", "It must be interactive or batch."));
  }

  private static void checkSize(LlmRequest request) throws InvalidSubmissionException {
    if (JobJson.encode(request).length > JobStore.MAX_REQUEST_BYTES) {
      String field =
          request instanceof LlmRequest.Prompt
              ? "full_input"
              : request instanceof LlmRequest.Messages ? "messages" : "request";
      throw new InvalidSubmissionException(
          "too_large",
          field,
          "The request may have at most " + JobStore.MAX_REQUEST_BYTES + " bytes of JSON.");
    }
  }

  /** Stored: do not change. */
  private static String requestHash(String kind, JsonNode body) {
    MessageDigest digest = Sha256.digest();
    digest.update(StrictJson.utf8(kind + "\n"));
    return HexFormat.of().formatHex(digest.digest(StrictJson.canonical(body)));
  }
}
