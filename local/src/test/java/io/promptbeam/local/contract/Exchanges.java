package io.promptbeam.local.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.api.contract.Contract;
import io.promptbeam.api.contract.Operation;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes requests, holds each answer against the contract, and remembers what was answered. */
final class Exchanges {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** An answer, with the names of its headers in lower case. */
  record Answer(int status, Map<String, String> headers, String body) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (JsonProcessingException e) {
        throw new AssertionError("not JSON: " + body, e);
      }
    }

    String text(String field) {
      return json().path(field).asText();
    }
  }

  /**
   * One request.
   *
   * @param operation an operationId
   * @param names what stands in the path, in its order
   * @param query without the question mark
   * @param bare without the last slash
   * @param headers name, value, name, value
   */
  record Call(
      String operation,
      List<String> names,
      String query,
      boolean bare,
      Optional<Body> body,
      List<String> headers) {
    static Call of(String operation, String... names) {
      return new Call(operation, List.of(names), "", false, Optional.empty(), List.of());
    }

    Call query(String text) {
      return new Call(operation, names, text, bare, body, headers);
    }

    Call json(String text) {
      return with(new Body("application/json", text));
    }

    Call with(Body other) {
      return new Call(operation, names, query, bare, Optional.of(other), headers);
    }

    Call header(String name, String value) {
      List<String> more = Stream.concat(headers.stream(), Stream.of(name, value)).toList();
      return new Call(operation, names, query, bare, body, more);
    }

    Call withoutSlash() {
      return new Call(operation, names, query, true, body, headers);
    }
  }

  record Body(String type, String text) {}

  private final HttpClient http = HttpClient.newHttpClient();
  private final Contract contract = Contract.read();
  private final URI server;
  private final Map<String, Set<Integer>> seen;
  private final List<String> faults;

  Exchanges(URI server) {
    this(server, new TreeMap<>(), new ArrayList<>());
  }

  private Exchanges(URI server, Map<String, Set<Integer>> seen, List<String> faults) {
    this.server = server;
    this.seen = seen;
    this.faults = faults;
  }

  /** With another server, and one memory. */
  Exchanges at(URI other) {
    return new Exchanges(other, seen, faults);
  }

  Contract contract() {
    return contract;
  }

  /** All that was answered and does not fit the contract. */
  List<String> faults() {
    return faults;
  }

  Set<Integer> seen(String operation) {
    return seen.getOrDefault(operation, Set.of());
  }

  /**
   * Sends it with a key, or none where that is empty. What does not fit is noted, and so is another
   * status than the one that is wanted.
   */
  Answer send(int wanted, String key, Call call) throws IOException, InterruptedException {
    Answer answer = send(key, call);
    if (answer.status() != wanted) {
      faults.add(call + ": " + answer.status() + " instead of " + wanted + ": " + answer.body());
    }
    return answer;
  }

  Answer send(String key, Call call) throws IOException, InterruptedException {
    Operation operation = contract.operation(call.operation());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server + target(operation, call)))
            .method(
                operation.method(),
                call.body()
                    .map(body -> BodyPublishers.ofString(body.text()))
                    .orElseGet(BodyPublishers::noBody));
    call.body().ifPresent(body -> request.header("Content-Type", body.type()));
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    if (!call.headers().isEmpty()) {
      request.headers(call.headers().toArray(String[]::new));
    }
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    Map<String, String> headers = new TreeMap<>();
    response.headers().map().forEach((name, values) -> headers.put(name, values.get(0)));
    headers.remove(":status");
    Answer answer = new Answer(response.statusCode(), headers, response.body());
    check(operation, call, answer);
    return answer;
  }

  private static String target(Operation operation, Call call) {
    String path = operation.path();
    for (String name : call.names()) {
      path = path.replaceFirst("\\{[a-z_]+}", name);
    }
    if (call.bare()) {
      path = path.replaceFirst("/$", "");
    }
    return path + (call.query().isEmpty() ? "" : "?" + call.query());
  }

  private void check(Operation operation, Call call, Answer answer) {
    seen.computeIfAbsent(operation.id(), id -> new TreeSet<>()).add(answer.status());
    List<String> found =
        new ArrayList<>(operation.faults(answer.status(), answer.headers(), answer.body()));
    if (answer.status() < 400) {
      Optional<JsonNode> body =
          call.body().filter(b -> b.type().equals("application/json")).map(b -> json(b.text()));
      found.addAll(operation.faultsOfRequest(body, queryNames(call.query())));
    }
    found.forEach(fault -> faults.add(call + " " + answer.status() + ": " + fault));
  }

  private static Set<String> queryNames(String query) {
    return Stream.of(query.split("&", -1))
        .filter(pair -> !pair.isEmpty())
        .map(pair -> URLDecoder.decode(pair.replaceAll("=.*", ""), StandardCharsets.UTF_8))
        .collect(Collectors.toSet());
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }
}
