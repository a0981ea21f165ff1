package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.store.FileLines;
import io.promptbeam.store.JobJson;
import io.promptbeam.store.JobStore;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Turns a line of a batch's file into its request. A model whose provider speaks the batch's
 * protocol gets the body as it is; for another the body is translated to the neutral form, or
 * refused where that form has no place for something in it. Pure, thread-safe.
 */
public final class BatchLineParser {
  /** What became of a line. */
  public sealed interface Parsed {
    /**
     * A line that can be run.
     *
     * @param modelId of the catalog
     * @param inputTokens estimated
     * @param outputTokens what the request allows, or else usual
     */
    record Good(
        String customId, String modelId, LlmRequest request, long inputTokens, long outputTokens)
        implements Parsed {}

    /** A line that cannot. */
    record Bad(LineProblem problem) implements Parsed {}
  }

  private static final Set<String> OPENAI_FIELDS = Set.of("custom_id", "method", "url", "body");
  private static final Set<String> ANTHROPIC_FIELDS = Set.of("custom_id", "params");
  private static final int MAX_OPENAI_ID_CHARS = 512;
  private static final int MAX_ANTHROPIC_ID_CHARS = 64;
  private static final int MAX_MODEL_ID_CHARS = 256;

  /** Encoding makes of a line's bytes at most as many times more, so most need no measuring. */
  private static final int MAX_GROWTH = 4;

  private static final String NOT_UTF_8 = "The line is not UTF-8.";

  private final Supplier<ModelCatalog> models;

  /**
   * @param models asked for each line, since it may change
   */
  public BatchLineParser(Supplier<ModelCatalog> models) {
    this.models = models;
  }

  public Parsed parse(BatchSpec batch, FileLines.Line line) {
    if (line.bytes().isEmpty()) {
      return bad(line, "token_limit_exceeded", tooLarge(), "");
    }
    byte[] bytes = line.number() == 1 ? withoutMark(line.bytes().get()) : line.bytes().get();
    // Jackson would take other encodings, too, and a mark on any line.
    if (!Utf8.isValid(bytes) || startsWithMark(bytes) || Utf8.beginsWide(bytes)) {
      return bad(line, "invalid_json_line", NOT_UTF_8, "");
    }
    try {
      JsonNode node = StrictJson.read(bytes);
      if (!(node instanceof ObjectNode object)) {
        return bad(line, "invalid_json_line", "The line is not a JSON object.", "");
      }
      return batch.protocol() == BatchProtocol.OPENAI
          ? openAi(batch, object, bytes.length)
          : anthropic(object, bytes.length);
    } catch (MalformedJsonException e) {
      return bad(line, "invalid_json_line", "The line " + e.what() + ".", "");
    } catch (InvalidSubmissionException e) {
      return bad(line, code(e.code()), String.valueOf(e.getMessage()), e.field());
    }
  }

  private Parsed openAi(BatchSpec batch, ObjectNode line, int length)
      throws InvalidSubmissionException {
    Fields fields = Fields.of(line, OPENAI_FIELDS);
    String customId = wellFormed(fields.requiredText("custom_id", MAX_OPENAI_ID_CHARS));
    if (!given(fields, "method").asText().equals("POST")) {
      throw new InvalidSubmissionException("invalid_url", "method", "It must be POST.");
    }
    if (!given(fields, "url").asText().equals(batch.endpoint())) {
      throw new InvalidSubmissionException(
          "invalid_url", "url", "It must be the batch's endpoint, " + batch.endpoint() + ".");
    }
    ObjectNode body = fields.object("body").orElseThrow(() -> Fields.missing("body"));
    ModelConfig model = model(body, "body");
    NativeEndpoint endpoint =
        NativeEndpoint.parse(batch.endpoint(), ProviderKind.OPENAI)
            .orElseThrow(() -> Fields.invalid("url", "No batch can be of this endpoint."));
    String input = checked(body, "body", endpoint);
    if (endpoint == NativeEndpoint.RESPONSES && body.path("background").asBoolean()) {
      throw Fields.invalid("body.background", "A line waits for its answer; remove it.");
    }
    LlmRequest request =
        switch (model.provider()) {
          case OPENAI, SIMULATED -> new LlmRequest.Native(endpoint.path(), body);
          case ANTHROPIC, GEMINI -> {
            if (endpoint != NativeEndpoint.CHAT_COMPLETIONS) {
              throw Fields.invalid(
                  "body.model",
                  "This model's provider, "
                      + model.provider().wireName()
                      + ", has nothing like "
                      + endpoint.path()
                      + "; name another model, or use "
                      + NativeEndpoint.CHAT_COMPLETIONS.path()
                      + ".");
            }
            yield ChatTranslation.translate(body, "body", model.provider());
          }
        };
    return good(customId, model.id(), request, input, length);
  }

  private Parsed anthropic(ObjectNode line, int length) throws InvalidSubmissionException {
    Fields fields = Fields.of(line, ANTHROPIC_FIELDS);
    String customId = fields.requiredText("custom_id", Integer.MAX_VALUE);
    if (!isAnthropicId(customId)) {
      throw Fields.invalid(
          "custom_id", "It must have 1 to 64 characters of A to Z, a to z, 0 to 9, _ and -.");
    }
    ObjectNode params = fields.object("params").orElseThrow(() -> Fields.missing("params"));
    ModelConfig model = model(params, "params");
    String input = checked(params, "params", NativeEndpoint.MESSAGES);
    JsonNode maxTokens = params.path("max_tokens");
    if (!params.hasNonNull("max_tokens")) {
      throw Fields.missing("params.max_tokens");
    }
    boolean usable = maxTokens.isIntegralNumber() && maxTokens.canConvertToLong();
    if (!usable || maxTokens.longValue() < 1) {
      throw Fields.wrongType("params.max_tokens", "a whole number, at least 1");
    }
    LlmRequest request =
        model.provider() == ProviderKind.ANTHROPIC
            ? new LlmRequest.Native(NativeEndpoint.MESSAGES.path(), params)
            : MessagesTranslation.translate(params, "params", model.provider());
    return good(customId, model.id(), request, input, length);
  }

  private Parsed good(String customId, String modelId, LlmRequest request, String input, int length)
      throws InvalidSubmissionException {
    if ((long) length * MAX_GROWTH > JobStore.MAX_REQUEST_BYTES
        && JobJson.encode(request).length > JobStore.MAX_REQUEST_BYTES) {
      throw new InvalidSubmissionException("too_large", input, tooLarge());
    }
    TokenEstimate estimate = TokenEstimate.of(request);
    TokenCheck.check(models.get(), modelId, input, estimate);
    return new Parsed.Good(
        customId, modelId, request, estimate.inputTokens(), estimate.outputTokens());
  }

  private ModelConfig model(ObjectNode body, String path) throws InvalidSubmissionException {
    String field = path + ".model";
    if (!body.hasNonNull("model")) {
      throw Fields.missing(field);
    }
    JsonNode model = body.path("model");
    if (!model.isTextual()) {
      throw Fields.wrongType(field, "a string");
    }
    Optional<ModelConfig> found =
        model.textValue().length() > MAX_MODEL_ID_CHARS
            ? Optional.empty()
            : models.get().find(model.textValue());
    return found.orElseThrow(
        () ->
            new InvalidSubmissionException(
                "unknown_model",
                field,
                "No model of this id is configured; GET /v1/models lists those that are."));
  }

  /** The path of the body's input. */
  private static String checked(ObjectNode body, String path, NativeEndpoint endpoint)
      throws InvalidSubmissionException {
    String input = path + "." + endpoint.inputField();
    if (!body.hasNonNull(endpoint.inputField())) {
      throw Fields.missing(input);
    }
    NativeRequests.checkBody(body, path);
    return input;
  }

  private static JsonNode given(Fields fields, String name) throws InvalidSubmissionException {
    return fields.get(name).orElseThrow(() -> Fields.missing(name));
  }

  /** Half of a surrogate pair has no bytes in UTF-8, and so could not be answered with. */
  private static String wellFormed(String customId) throws InvalidSubmissionException {
    if (customId.codePoints().anyMatch(c -> Character.getType(c) == Character.SURROGATE)) {
      throw Fields.invalid("custom_id", "It must be text; it holds half of a surrogate pair.");
    }
    return customId;
  }

  private static boolean isAnthropicId(String id) {
    return id.length() <= MAX_ANTHROPIC_ID_CHARS
        && id.chars()
            .allMatch(
                c ->
                    c == '_'
                        || c == '-'
                        || (c >= '0' && c <= '9')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= 'a' && c <= 'z'));
  }

  private static boolean startsWithMark(byte[] bytes) {
    return bytes.length >= 3
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF;
  }

  private static byte[] withoutMark(byte[] bytes) {
    return startsWithMark(bytes) ? Arrays.copyOfRange(bytes, 3, bytes.length) : bytes;
  }

  private static String tooLarge() {
    return "The request may have at most " + JobStore.MAX_REQUEST_BYTES + " bytes of JSON.";
  }

  private static String code(String code) {
    return switch (code) {
      case "missing_field" -> "missing_required_parameter";
      case "unknown_model" -> "model_not_found";
      case "too_large", "too_many_tokens" -> "token_limit_exceeded";
      case "invalid_url" -> code;
      default -> "invalid_request";
    };
  }

  private static Parsed bad(FileLines.Line line, String code, String message, String param) {
    return new Parsed.Bad(new LineProblem(code, message, param, line.number()));
  }
}
