package io.promptbeam.local.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.SpanKind;
import io.promptbeam.trace.OtlpTracing;
import io.promptbeam.trace.Tracing;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class OtlpTracingTest {
  private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
  private static final Logger ROOT = Logger.getLogger("");

  private final List<String> logged = Collections.synchronizedList(new ArrayList<>());
  private final Handler listening =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          logged.add(line.getMessage() + Arrays.toString(line.getParameters()) + line.getThrown());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  OtlpTracingTest() {
    ROOT.addHandler(listening);
  }

  @AfterEach
  void stopListening() {
    ROOT.removeHandler(listening);
  }

  @ParameterizedTest
  @CsvSource({
    "OTEL_SERVICE_NAME,x",
    ENDPOINT + ",''",
    ENDPOINT + ",' '",
  })
  void tracing_isOff_withoutAnEndpoint(String name, String value) {
    assertThat(OtlpTracing.open(Map.of(name, value), "test")).isSameAs(Tracing.OFF);
    assertThat(OtlpTracing.open(Map.of(), "test")).isSameAs(Tracing.OFF);
    assertThat(logged).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"OTEL_SDK_DISABLED,true", "OTEL_TRACES_EXPORTER,none"})
  void tracing_isOff_whenItIsSwitchedOff(String name, String value) {
    var environment = Map.of(ENDPOINT, "http://127.0.0.1:1", name, value);
    assertThat(OtlpTracing.open(environment, "test")).isSameAs(Tracing.OFF);
    assertThat(logged).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "OTEL_EXPORTER_OTLP_PROTOCOL,grpc",
    "OTEL_TRACES_SAMPLER,SECRET",
    "OTEL_EXPORTER_OTLP_HEADERS,SECRET",
    "OTEL_BSP_MAX_QUEUE_SIZE,SECRET",
    "OTEL_EXPORTER_OTLP_ENDPOINT,SECRET",
  })
  void tracing_isOff_andTheVariableIsNamed_whenItCannotHaveItsValue(String name, String value) {
    Map<String, String> environment = new HashMap<>();
    environment.put(ENDPOINT, "http://127.0.0.1:1");
    environment.put(name, value);
    assertThat(OtlpTracing.open(environment, "test")).isSameAs(Tracing.OFF);
    assertThat(logged).singleElement().asString().contains(name).doesNotContain("SECRET");
  }

  @Test
  void endpointThatIsDown_isWarnedOfOnce_andClosingIsBounded() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Tracing tracing =
        OtlpTracing.open(
            Map.of(
                ENDPOINT,
                "http://127.0.0.1:" + port,
                "OTEL_BSP_SCHEDULE_DELAY",
                "20",
                "OTEL_JAVA_EXPORTER_OTLP_RETRY_DISABLED",
                "true"),
            "test");
    assertThat(tracing.isOn()).isTrue();
    for (int i = 0; i < 20_000; i++) {
      tracing.begin(SpanKind.SERVER, "x", Optional.empty()).end();
    }
    Instant before = Instant.now();
    tracing.close();
    assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(20));
    assertThat(logged).hasSizeLessThan(5);
    assertThat(logged).filteredOn(line -> line.contains("could not be sent")).hasSize(1);
    assertThat(logged).allMatch(line -> line.endsWith("null"));
  }
}
