package io.promptbeam.local.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.local.Await;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AdminServerIT {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Readings readings = new Readings("promptbeam 1.2.3");
  private final AdminServer admin;

  AdminServerIT() throws Exception {
    admin = AdminServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), readings);
  }

  @AfterEach
  void stop() {
    admin.close();
  }

  private HttpResponse<String> call(String method, String path) throws Exception {
    URI uri = URI.create(admin.uri() + path);
    return http.send(
        HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody()).build(),
        BodyHandlers.ofString());
  }

  @Test
  void readiness_followsItsChecks_andLivenessDoesNot() throws Exception {
    assertThat(call("GET", "/readyz").statusCode()).isEqualTo(503);
    assertThat(call("GET", "/livez").statusCode()).isEqualTo(200);
    AtomicBoolean store = new AtomicBoolean(true);
    admin.readyWhile(Map.of("store", store::get, "pipeline", () -> true));
    assertThat(call("GET", "/readyz").body())
        .isEqualTo("{\"status\":\"ready\",\"checks\":{\"pipeline\":\"ok\",\"store\":\"ok\"}}");
    store.set(false);
    HttpResponse<String> failing = call("GET", "/readyz");
    assertThat(failing.statusCode()).isEqualTo(503);
    assertThat(failing.body())
        .isEqualTo(
            "{\"status\":\"not ready\",\"checks\":{\"pipeline\":\"ok\",\"store\":\"failing\"}}");
    assertThat(call("GET", "/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void otherPathsAndMethods_areRefused() throws Exception {
    assertThat(call("GET", "/").statusCode()).isEqualTo(404);
    assertThat(call("GET", "/metrics/more").statusCode()).isEqualTo(404);
    assertThat(call("POST", "/metrics").statusCode()).isEqualTo(405);
    HttpResponse<String> head = call("HEAD", "/metrics");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  @Test
  void metrics_tellOfTheJvmAndTheVersion() throws Exception {
    System.gc();
    HttpResponse<String> answer = call("GET", "/metrics");
    Exposition scrape = Exposition.parse(answer.body());
    assertThat(scrape.value("promptbeam_build_info", Map.of("version", "promptbeam 1.2.3")))
        .isEqualTo(1);
    assertThat(scrape.sum("jvm_memory_used_bytes", Map.of("area", "heap"))).isPositive();
    assertThat(scrape.types()).containsKeys("jvm_threads_live_threads", "process_cpu_usage");
    // The JVM tells of a pause on a thread of its own, some time after it.
    Await.until(
        "a pause is in the figures",
        () -> Exposition.parse(call("GET", "/metrics").body()).types(),
        types -> types.containsKey("jvm_gc_pause_seconds"));
  }

  @Test
  void metrics_areServed_whileASlowCallerHoldsAConnection() throws Exception {
    try (Socket slow = new Socket(admin.uri().getHost(), admin.uri().getPort())) {
      slow.getOutputStream().write("GET /metr".getBytes(StandardCharsets.US_ASCII));
      slow.getOutputStream().flush();
      assertThat(call("GET", "/metrics").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void failureOfAPart_isAnAnswer_andNotTheEnd() throws Exception {
    readings.add(
        () -> {
          throw new IllegalStateException("broken");
        });
    assertThat(call("GET", "/metrics").statusCode()).isEqualTo(500);
    assertThat(call("GET", "/metrics").body()).doesNotContain("broken");
    assertThat(call("GET", "/livez").statusCode()).isEqualTo(200);
  }
}
