package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The forms that all answers here share. */
final class Answers {
  private Answers() {}

  static ApiResponse json(ObjectNode body) {
    return ApiResponse.json(200, body.toString().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "no-store");
  }

  /** A page; {@code data} holds objects with an {@code id}. */
  static ApiResponse list(List<ObjectNode> data, boolean hasMore) {
    ObjectNode page = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode entries = page.putArray("data");
    data.forEach(entries::add);
    page.put("first_id", data.isEmpty() ? null : data.get(0).path("id").textValue());
    page.put("last_id", data.isEmpty() ? null : data.get(data.size() - 1).path("id").textValue());
    return json(page.put("has_more", hasMore));
  }

  static ProblemException noFile(String id) {
    return Problem.of(
            404,
            "not_found",
            "Not found",
            "You have no file " + shown(id) + ". It may have expired or been deleted.")
        .withField("id")
        .asException();
  }

  static ProblemException noBatch(String id) {
    return Problem.of(404, "not_found", "Not found", "You have no batch " + shown(id) + ".")
        .withField("id")
        .asException();
  }

  static ProblemException invalid(String code, String param, String message) {
    return Problem.of(400, code, "Invalid request", message).withField(param).asException();
  }

  /** What a caller sent, fit for a message. */
  static String shown(String text) {
    String legible = text.replaceAll("[^\\x20-\\x7E]", "?");
    return "'" + (legible.length() > 64 ? legible.substring(0, 64) + "..." : legible) + "'";
  }
}
