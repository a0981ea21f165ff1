package io.promptbeam.templates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/**
 * Dataflow's and Cloud Storage's endpoints, as far as gcloud asks them here. Keeps what is sent.
 */
final class FakeGoogle implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final List<Sent> sent = new CopyOnWriteArrayList<>();

  FakeGoogle() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  /** A request. */
  record Sent(String method, URI uri, String body) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The second part of an upload, which is the file. */
    JsonNode file() {
      String boundary = body.lines().findFirst().orElseThrow();
      String part = body.split(Pattern.quote(boundary), -1)[2];
      return new Sent(method, uri, part.substring(part.indexOf("\n\n"))).json();
    }
  }

  List<Sent> sent() {
    return sent;
  }

  /** What points gcloud here, with a configuration of its own and nobody's credentials. */
  Map<String, String> environment(Path configuration) {
    String root = "http://127.0.0.1:" + server.getAddress().getPort();
    return Map.of(
        "CLOUDSDK_CONFIG", configuration.toString(),
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true",
        "CLOUDSDK_CORE_DISABLE_PROMPTS", "true",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "true",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAFLOW", root + "/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", root + "/storage/v1/");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String text = new String(body, StandardCharsets.UTF_8).replace("\r\n", "\n");
      Sent request = new Sent(exchange.getRequestMethod(), exchange.getRequestURI(), text);
      sent.add(request);
      byte[] answer = body(request).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private static String body(Sent request) {
    if (request.uri().getPath().startsWith("/upload/")) {
      // gcloud compares the size, which it has told in the first part.
      String size = request.body().replaceAll("(?s).*?\"size\": \"(\\d+)\".*", "$1");
      return "{\"bucket\": \"acme\", \"name\": \"spec\", \"size\": \"" + size + "\"}";
    }
    return "{\"job\": {\"id\": \"2026-11-23_01\", \"currentState\": \"JOB_STATE_QUEUED\"}}";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
