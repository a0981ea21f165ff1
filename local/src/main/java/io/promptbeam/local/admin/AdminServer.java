package io.promptbeam.local.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /metrics}, {@code /livez} and {@code /readyz} on a port of their own, for machines that
 * watch this one: without keys, beside the service's port, and answering when that is full. Not
 * meant for the internet. Thread-safe.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

  private static final String JSON = "application/json";

  /** A probe and a few scrapers; more wait. */
  private static final int THREADS = 4;

  private static final int BACKLOG = 50;

  static {
    // In seconds; read once by the JDK's server, which would else wait for ever.
    setIfAbsent("sun.net.httpserver.maxReqTime", "10");
    setIfAbsent("sun.net.httpserver.maxRspTime", "30");
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final Readings readings;
  private volatile Map<String, BooleanSupplier> checks = Map.of();

  private AdminServer(HttpServer server, Readings readings) {
    this.server = server;
    this.readings = readings;
    AtomicInteger number = new AtomicInteger();
    threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "promptbeam-admin-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    serve("/metrics", exchange -> answer(exchange, 200, Readings.CONTENT_TYPE, readings.text()));
    serve("/livez", exchange -> answer(exchange, 200, JSON, "{\"status\":\"live\"}"));
    serve("/readyz", this::readiness);
    serve("/", exchange -> answer(exchange, 404, JSON, "{\"status\":\"not found\"}"));
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * Answers from now on; not ready until it is told what to look at.
   *
   * @param address port 0 takes any free one
   * @param readings closed with the server
   * @throws IOException when the address cannot be listened on
   */
  public static AdminServer start(InetSocketAddress address, Readings readings) throws IOException {
    AdminServer admin = new AdminServer(HttpServer.create(address, BACKLOG), readings);
    admin.server.start();
    return admin;
  }

  /** Ready while all of these hold, which may take a moment to find out. */
  public void readyWhile(Map<String, BooleanSupplier> allHold) {
    checks = Map.copyOf(allHold);
  }

  public Readings readings() {
    return readings;
  }

  /** Where it is, without a trailing slash. */
  public URI uri() {
    String host = server.getAddress().getAddress().getHostAddress();
    return URI.create(
        "http://"
            + (host.contains(":") ? "[" + host + "]" : host)
            + ":"
            + server.getAddress().getPort());
  }

  private void readiness(HttpExchange exchange) throws IOException {
    StringJoiner each = new StringJoiner(",");
    boolean ready = !checks.isEmpty();
    for (var check : new TreeMap<>(checks).entrySet()) {
      boolean holds = check.getValue().getAsBoolean();
      ready &= holds;
      each.add("\"" + check.getKey() + "\":" + (holds ? "\"ok\"" : "\"failing\""));
    }
    answer(
        exchange,
        ready ? 200 : 503,
        JSON,
        "{\"status\":\"" + (ready ? "ready" : "not ready") + "\",\"checks\":{" + each + "}}");
  }

  @FunctionalInterface
  private interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  private void serve(String path, Answer answer) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            serve(path, answer, exchange);
          }
        });
  }

  private static void serve(String path, Answer answer, HttpExchange exchange) throws IOException {
    String asked = exchange.getRequestURI().getPath();
    if (!asked.equals(path) && !path.equals("/")) {
      answer(exchange, 404, JSON, "{\"status\":\"not found\"}");
      return;
    }
    if (!exchange.getRequestMethod().matches("GET|HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      answer(exchange, 405, JSON, "{\"status\":\"method not allowed\"}");
      return;
    }
    try {
      answer.to(exchange);
    } catch (RuntimeException e) {
      log.error("{} failed", path, e);
      answer(exchange, 500, JSON, "{\"status\":\"failed\"}");
    }
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    readings.close();
  }
}
