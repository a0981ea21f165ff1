package io.promptbeam.local.trace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** An OTLP collector over HTTP that keeps what it gets. */
public final class Collector implements AutoCloseable {
  /** One that was exported. */
  public record Exported(String service, Span span) {
    public String name() {
      return span.getName();
    }

    public String trace() {
      return hex(span.getTraceId().toByteArray());
    }

    public String id() {
      return hex(span.getSpanId().toByteArray());
    }

    public String parent() {
      return hex(span.getParentSpanId().toByteArray());
    }

    public boolean isError() {
      return span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR;
    }

    /** By name, as text. */
    public Map<String, String> attributes() {
      return span.getAttributesList().stream()
          .collect(
              Collectors.toMap(
                  KeyValue::getKey, each -> text(each.getValue()), (a, b) -> b, TreeMap::new));
    }

    private static String hex(byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    }

    private static String text(AnyValue value) {
      return switch (value.getValueCase()) {
        case STRING_VALUE -> value.getStringValue();
        case INT_VALUE -> Long.toString(value.getIntValue());
        case ARRAY_VALUE ->
            value.getArrayValue().getValuesList().stream()
                .map(Exported::text)
                .collect(Collectors.joining(","));
        default -> value.toString();
      };
    }
  }

  private final List<Exported> spans = new CopyOnWriteArrayList<>();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final List<String> keys = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  public Collector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::take);
    server.start();
  }

  private void take(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    bodies.add(exchange.getRequestURI() + " " + new String(body, ISO_8859_1));
    keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    for (ResourceSpans resource :
        ExportTraceServiceRequest.parseFrom(body).getResourceSpansList()) {
      String service =
          resource.getResource().getAttributesList().stream()
              .filter(each -> each.getKey().equals("service.name"))
              .map(each -> each.getValue().getStringValue())
              .findFirst()
              .orElse("");
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        scope.getSpansList().forEach(span -> spans.add(new Exported(service, span)));
      }
    }
    exchange.sendResponseHeaders(200, -1);
    exchange.close();
  }

  /** As {@code OTEL_*} variables. */
  public Map<String, String> environment() {
    return Map.of(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:" + server.getAddress().getPort(),
        "OTEL_BSP_SCHEDULE_DELAY",
        "50");
  }

  public List<Exported> spans() {
    return List.copyOf(spans);
  }

  /** Paths and bodies of all requests, byte for byte. */
  public List<String> bodies() {
    return List.copyOf(bodies);
  }

  /** What came as Authorization. */
  public List<String> keys() {
    return List.copyOf(keys);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
