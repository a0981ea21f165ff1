package io.promptbeam.local.trace;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An OpenAI-compatible provider that answers by path, and repeats the prompt wherever it can. */
final class TracedProvider implements AutoCloseable {
  private final Map<String, Integer> calls = new ConcurrentHashMap<>();
  private final List<String> traceparents = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  TracedProvider() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String said = new String(exchange.getRequestBody().readAllBytes(), UTF_8).replace("\"", "'");
    String kind = exchange.getRequestURI().getPath().split("/", -1)[1];
    int call = calls.merge(kind, 1, Integer::sum);
    List<String> context = exchange.getRequestHeaders().get("traceparent");
    traceparents.add(kind + " " + (context == null ? "none" : context.get(0)));
    switch (kind) {
      case "flaky" -> {
        if (call == 1) {
          send(exchange, 500, "{\"error\":{\"message\":\"" + said + "\"}}");
        } else {
          send(exchange, 200, good("flaky-2026", said));
        }
      }
      case "refusing" ->
          send(exchange, 400, "{\"error\":{\"message\":\"" + said + "\",\"code\":\"no\"}}");
      case "quoting" -> send(exchange, 200, good(said, said));
      default -> send(exchange, 200, good("good-2026", said));
    }
  }

  private static String good(String model, String said) {
    return "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\""
        + model
        + "\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":"
        + "{\"role\":\"assistant\",\"content\":\""
        + said
        + "\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}";
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** An entry of models.yaml. */
  String model(String kind, String more) {
    return "  - {id: "
        + kind
        + ", provider: openai, upstream_model: up-"
        + kind
        + ", base_url: 'http://127.0.0.1:"
        + port()
        + "/"
        + kind
        + "/v1'"
        + more
        + "}\n";
  }

  /** Of each call, the kind and the header's value, or {@code none}. */
  List<String> traceparents() {
    return List.copyOf(traceparents);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
