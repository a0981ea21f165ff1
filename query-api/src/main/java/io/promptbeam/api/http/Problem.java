package io.promptbeam.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiResponse.Header;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An error answer, RFC 9457.
 *
 * @param code stable; programs branch on it, and {@code type} is made of it
 * @param detail for a person; never holds a secret or a prompt
 * @param members beside the standard ones, such as {@code field}
 */
public record Problem(
    int status,
    String code,
    String title,
    String detail,
    Map<String, JsonNode> members,
    List<Header> headers) {
  public Problem {
    members = new LinkedHashMap<>(members);
    headers = List.copyOf(headers);
  }

  public static Problem of(int status, String code, String title, String detail) {
    return new Problem(status, code, title, detail, Map.of(), List.of());
  }

  public Problem withField(String field) {
    return with("field", JsonNodeFactory.instance.textNode(field));
  }

  public Problem with(String member, JsonNode value) {
    Map<String, JsonNode> more = new LinkedHashMap<>(members);
    more.put(member, value);
    return new Problem(status, code, title, detail, more, headers);
  }

  public Problem withHeader(String name, String value) {
    List<Header> more = new ArrayList<>(headers);
    more.add(new Header(name, value));
    return new Problem(status, code, title, detail, members, more);
  }

  public ProblemException asException() {
    return new ProblemException(this);
  }

  /** The field it is about, where it is about one. */
  public Optional<String> field() {
    return Optional.<JsonNode>ofNullable(members.get("field")).map(JsonNode::asText);
  }

  public ApiResponse toResponse(String requestId) {
    return ErrorStyle.PROBLEM.toResponse(this, requestId);
  }

  ObjectNode json(String requestId) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", "urn:promptbeam:problem:" + code);
    json.put("title", title);
    json.put("status", status);
    json.put("detail", detail);
    json.put("code", code);
    members.forEach(json::set);
    return json.put("request_id", requestId);
  }
}
