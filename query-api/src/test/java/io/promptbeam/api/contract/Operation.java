package io.promptbeam.api.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** One operation of a {@link Contract}. */
public final class Operation {
  /** Headers that the info part speaks of, or that HTTP itself needs. */
  private static final Set<String> EVERYWHERE =
      Set.of(
          "x-request-id",
          "cache-control",
          "connection",
          "content-length",
          "content-security-policy",
          "content-type",
          "cross-origin-resource-policy",
          "date",
          "referrer-policy",
          "transfer-encoding",
          "x-content-type-options",
          "x-frame-options");

  private final Contract contract;
  private final String method;
  private final String path;
  private final String pointer;

  Operation(Contract contract, String method, String path, String pointer) {
    this.contract = contract;
    this.method = method;
    this.path = path;
    this.pointer = pointer;
  }

  public String id() {
    return json().path("operationId").asText();
  }

  public String method() {
    return method;
  }

  public String path() {
    return path;
  }

  /** As {@code ApiServer} registers it: without the last slash, names after colons. */
  public String route() {
    String bare = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return method + " " + bare.replaceAll("\\{([a-z_]+)}", ":$1");
  }

  public JsonNode json() {
    return contract.at(pointer);
  }

  /** Of whom it is answered without a key. */
  public boolean isOpen() {
    return json().path("security").isArray() && json().path("security").isEmpty();
  }

  /** The scopes that its ways to come in name; one, if it is in order. */
  public Set<String> scopes() {
    Set<String> scopes = new TreeSet<>();
    for (JsonNode way : json().path("security")) {
      way.forEach(names -> names.forEach(name -> scopes.add(name.asText())));
    }
    return scopes;
  }

  /** Those of the path, too; resolved. */
  public List<JsonNode> parameters() {
    List<JsonNode> parameters = new ArrayList<>();
    String ofPath = pointer.substring(0, pointer.lastIndexOf('/'));
    for (String at : List.of(ofPath + "/parameters", pointer + "/parameters")) {
      for (int i = 0; i < contract.at(at).size(); i++) {
        parameters.add(contract.at(contract.followed(at + "/" + i)));
      }
    }
    return parameters;
  }

  /** The statuses it declares, such as {@code 200} and {@code 5XX}. */
  public Set<String> statuses() {
    Set<String> statuses = new TreeSet<>();
    json().path("responses").fieldNames().forEachRemaining(statuses::add);
    return statuses;
  }

  Pattern pattern() {
    String bare = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return Pattern.compile(bare.replaceAll("\\{[a-z_]+}", "[^/]+") + "/?");
  }

  int names() {
    return path.split("\\{", -1).length;
  }

  /** Each body that it gives as an example of a request, by name. */
  public Map<String, JsonNode> requestExamples() {
    Map<String, JsonNode> examples = new LinkedHashMap<>();
    String body = contract.followed(pointer + "/requestBody") + "/content";
    for (Map.Entry<String, JsonNode> type : contract.at(body).properties()) {
      type.getValue()
          .path("examples")
          .properties()
          .forEach(each -> examples.put(each.getKey(), each.getValue().path("value")));
    }
    return examples;
  }

  /** What the contract does not know of a request that the server took. */
  public List<String> faultsOfRequest(Optional<JsonNode> body, Set<String> queryNames) {
    List<String> faults = new ArrayList<>();
    for (String name : queryNames) {
      if (parameters().stream()
          .noneMatch(
              p -> p.path("in").asText().equals("query") && p.path("name").asText().equals(name))) {
        faults.add("query parameter " + name + " is not in the contract");
      }
    }
    if (body.isPresent()) {
      String schema =
          contract.followed(pointer + "/requestBody") + "/content/application~1json/schema";
      if (contract.at(schema).isMissingNode()) {
        faults.add("a body in JSON is not in the contract");
      } else {
        faults.addAll(contract.faults(schema, body.get()));
      }
    }
    return faults;
  }

  /**
   * What is wrong with an answer.
   *
   * @param headers each with its first value; names in lower case
   */
  public List<String> faults(int status, Map<String, String> headers, String body) {
    Optional<String> found = response(status);
    if (found.isEmpty()) {
      return List.of("status " + status + " is not in the contract: " + body);
    }
    List<String> faults = new ArrayList<>();
    checkHeaders(found.get() + "/headers", headers, faults);
    JsonNode content = contract.at(found.get() + "/content");
    String type = headers.getOrDefault("content-type", "").replaceAll("\\s*;.*", "");
    if (content.isMissingNode()) {
      if (!body.isEmpty() || !type.isEmpty()) {
        faults.add("a body is not in the contract: " + type);
      }
    } else if (!content.has(type)) {
      faults.add("content type '" + type + "' is not in the contract");
    } else {
      checkBody(found.get() + "/content/" + Contract.escaped(type), type, body, faults);
    }
    return faults;
  }

  private Optional<String> response(int status) {
    for (String name : List.of(Integer.toString(status), status / 100 + "XX")) {
      if (json().path("responses").has(name)) {
        return Optional.of(contract.followed(pointer + "/responses/" + name));
      }
    }
    return Optional.empty();
  }

  private void checkHeaders(String at, Map<String, String> headers, List<String> faults) {
    if (headers.getOrDefault("x-request-id", "").isEmpty()) {
      faults.add("there is no X-Request-Id");
    }
    Set<String> declared = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (String name : iterable(contract.at(at))) {
      declared.add(name);
      String header = contract.followed(at + "/" + Contract.escaped(name));
      String value = headers.get(name.toLowerCase(Locale.ROOT));
      if (value == null) {
        if (contract.at(header).path("required").asBoolean()) {
          faults.add("header " + name + " is missing");
        }
      } else {
        contract
            .faults(header + "/schema", headerValue(contract.at(header), value))
            .forEach(fault -> faults.add("header " + name + ": " + fault));
      }
    }
    for (String name : headers.keySet()) {
      if (!EVERYWHERE.contains(name) && !declared.contains(name)) {
        faults.add("header " + name + " is not in the contract");
      }
    }
  }

  private static Iterable<String> iterable(JsonNode object) {
    return object::fieldNames;
  }

  private static JsonNode headerValue(JsonNode header, String value) {
    boolean isNumber = header.path("schema").path("type").asText().equals("integer");
    return isNumber && value.matches("\\d+")
        ? JsonNodeFactory.instance.numberNode(Long.parseLong(value))
        : JsonNodeFactory.instance.textNode(value);
  }

  private void checkBody(String media, String type, String body, List<String> faults) {
    if (type.endsWith("json")) {
      faults.addAll(contract.faults(media + "/schema", Contract.json(body)));
    }
    if (contract.at(media).has("x-line-schema")) {
      String line = contract.followed(media + "/x-line-schema");
      body.lines().forEach(each -> faults.addAll(contract.faults(line, Contract.json(each))));
    }
  }
}
