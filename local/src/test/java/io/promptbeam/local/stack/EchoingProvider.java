package io.promptbeam.local.stack;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A provider that says aloud, in headers and bodies, with what key it was called. */
final class EchoingProvider implements AutoCloseable {
  private static final String GOOD =
      "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"finish_reason\":"
          + "\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"Hello.\"}}],"
          + "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}";

  private final Map<String, String> keyByPath = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  EchoingProvider() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String prompt = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    String key = exchange.getRequestHeaders().getFirst("Authorization");
    String kind = exchange.getRequestURI().getPath().split("/", -1)[1];
    keyByPath.put(kind, String.valueOf(key));
    exchange.getResponseHeaders().add("X-Echo", key);
    exchange.getResponseHeaders().add("WWW-Authenticate", "Bearer realm=\"" + key + "\"");
    String quoted = key.replace("Bearer ", "");
    switch (kind) {
      case "good" -> send(exchange, 200, GOOD);
      case "refuse" ->
          send(
              exchange,
              401,
              "{\"error\":{\"message\":\"Incorrect API key provided: "
                  + quoted
                  + ". You sent "
                  + key
                  + ".\",\"code\":\""
                  + quoted
                  + "\"}}");
      case "plain" -> send(exchange, 400, "You sent " + key + " and " + prompt);
      case "garbage" -> send(exchange, 200, "not JSON, but " + key + " and " + prompt);
      case "fail" -> send(exchange, 500, "{\"error\":\"" + quoted + "\"}");
      default -> exchange.close();
    }
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  String url(String kind) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + kind + "/v1";
  }

  /** With what key each kind of answer was asked for. */
  Map<String, String> keys() {
    return Map.copyOf(keyByPath);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
