package io.promptbeam.api.batches;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.JsonBody;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.api.http.Problems;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.JobState;
import io.promptbeam.submit.MergePatch;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;

/**
 * Which lines of a batch are to be run again, and with what changes.
 *
 * @param model to ask instead
 * @param params merged into each line's body as RFC 7396 says; empty to leave them as they are
 * @param body as it was sent
 */
record RetryRequest(
    Optional<String> model, ObjectNode params, Set<JobState> statuses, ObjectNode body) {
  private static final String MODEL = "model";
  private static final String PARAMS = "params";
  private static final String STATUSES = "statuses";
  private static final Set<String> KNOWN = Set.of(MODEL, PARAMS, STATUSES);
  private static final Set<JobState> USUAL =
      EnumSet.of(JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED);

  RetryRequest {
    statuses = Set.copyOf(statuses);
  }

  static RetryRequest of(ApiRequest request, ModelCatalog catalog) {
    if (!(body(request) instanceof ObjectNode body)) {
      throw invalid("invalid_type", "body", "The body must be a JSON object.");
    }
    for (Iterator<String> names = body.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!KNOWN.contains(name)) {
        throw invalid("unknown_parameter", shown(name), "Known are model, params and statuses.");
      }
    }
    return new RetryRequest(
        model(body.path(MODEL), catalog),
        params(body.path(PARAMS)),
        statuses(body.path(STATUSES)),
        body);
  }

  /** Clients that have nothing to say send nothing. */
  private static JsonNode body(ApiRequest request) {
    if (request.header("Content-Type").isPresent()) {
      return JsonBody.read(request);
    }
    if (request.body().length > 0) {
      throw Problems.notJson().asException();
    }
    return JsonNodeFactory.instance.objectNode();
  }

  private static Optional<String> model(JsonNode given, ModelCatalog catalog) {
    if (given.isMissingNode() || given.isNull()) {
      return Optional.empty();
    }
    if (!given.isTextual()) {
      throw invalid("invalid_type", MODEL, "model must be a string.");
    }
    if (catalog.find(given.textValue()).isEmpty()) {
      throw invalid(
          "model_not_found",
          MODEL,
          "No model of this id is configured; GET /v1/models lists those that are.");
    }
    return Optional.of(given.textValue());
  }

  private static ObjectNode params(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (!(given instanceof ObjectNode params)) {
      throw invalid("invalid_type", PARAMS, "params must be an object.");
    }
    return params;
  }

  private static Set<JobState> statuses(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return USUAL;
    }
    Set<JobState> statuses = EnumSet.noneOf(JobState.class);
    for (JsonNode each : given) {
      statuses.add(
          JobState.parse(each.asText())
              .filter(JobState::isTerminal)
              .orElseThrow(RetryRequest::wrongStatuses));
    }
    if (!given.isArray() || statuses.isEmpty()) {
      throw wrongStatuses();
    }
    return statuses;
  }

  private static ProblemException wrongStatuses() {
    return invalid(
        "invalid_value",
        STATUSES,
        "statuses must be an array of failed, expired, cancelled or completed, with one at least.");
  }

  private static String shown(String name) {
    String legible = name.replaceAll("[^\\x20-\\x7E]", "?");
    return legible.length() > 64 ? legible.substring(0, 64) + "..." : legible;
  }

  private static ProblemException invalid(String code, String param, String message) {
    return Problem.of(400, code, "Invalid request", message).withField(param).asException();
  }

  boolean changes() {
    return model.isPresent() || !params.isEmpty();
  }

  /** Changes a line's body. */
  void applyTo(ObjectNode lineBody) {
    MergePatch.apply(params, lineBody);
    model.ifPresent(id -> lineBody.put(MODEL, id));
  }
}
