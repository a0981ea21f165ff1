package io.promptbeam.trace;

import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens tracing as OpenTelemetry's environment variables say: spans go to an OTLP endpoint over
 * HTTP, in the background, and are dropped rather than waited for. Without an endpoint nothing is
 * opened.
 */
public final class OtlpTracing {
  private static final Logger log = LoggerFactory.getLogger(OtlpTracing.class);
  private static final String SCOPE = "io.promptbeam";
  private static final String PREFIX = "OTEL_";
  private static final List<String> ENDPOINTS =
      List.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
  private static final List<String> PROTOCOLS =
      List.of("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL");
  private static final String HTTP = "http/protobuf";
  private static final Pattern PROPERTY = Pattern.compile("otel\\.[a-z.-]*[a-z]");
  private static final Pattern URL = Pattern.compile("https?://[^/\\s]+(/\\S*)?");
  private static final long CLOSE_SECONDS = 2;

  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * They say what {@link WarningExporter} says now and then, and what is said here. Held, since the
   * logging system forgets levels of loggers that nobody holds.
   */
  private static final List<java.util.logging.Logger> SILENCED =
      Stream.of("io.opentelemetry.exporter", "io.opentelemetry.sdk.autoconfigure")
          .map(java.util.logging.Logger::getLogger)
          .toList();

  /** It says that spans were dropped, many times a second while there are too many. */
  private static final java.util.logging.Logger WORDY =
      java.util.logging.Logger.getLogger("io.opentelemetry.sdk.trace.export.BatchSpanProcessor");

  /** Unless the environment says otherwise. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.exporter.otlp.protocol",
          HTTP,
          "otel.traces.exporter",
          "otlp",
          "otel.attribute.value.length.limit",
          "1024",
          // It asks Google's metadata server, and elsewhere waits for one.
          "otel.java.disabled.resource.providers",
          "io.opentelemetry.contrib.gcp.resource.GCPResourceProvider");

  /** Whatever the environment says: of the three signals this is about one. */
  private static final Map<String, String> ALWAYS =
      Map.of("otel.metrics.exporter", "none", "otel.logs.exporter", "none");

  private OtlpTracing() {}

  /**
   * Never fails: what is configured wrongly is said in the log, and then nothing is traced.
   *
   * @param environment {@code OTEL_*} variables; others are ignored
   * @param service the name where {@code OTEL_SERVICE_NAME} gives none
   */
  public static Tracing open(Map<String, String> environment, String service) {
    if (!isWanted(environment)) {
      return Tracing.OFF;
    }
    String endpoint = first(environment, ENDPOINTS, "");
    if (!URL.matcher(endpoint).matches()) {
      log.warn("traces are off: {} is no URL such as http://collector:4318", ENDPOINTS.get(1));
      return Tracing.OFF;
    }
    String protocol = first(environment, PROTOCOLS, HTTP);
    if (!protocol.equals(HTTP)) {
      log.warn(
          "traces are off: they can be sent by {}, not by the protocol that {} names",
          HTTP,
          PROTOCOLS.get(1));
      return Tracing.OFF;
    }
    try {
      OpenTelemetrySdk sdk = sdk(environment, service);
      return Tracing.with(
          sdk.getTracer(SCOPE),
          () -> {
            var unused =
                sdk.getSdkTracerProvider().shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
          });
    } catch (ConfigurationException | IllegalArgumentException e) {
      log.warn("traces are off: {} has a value that it cannot have", variable(e));
      return Tracing.OFF;
    }
  }

  /** The rest of the text may quote a header, and with it a key. */
  private static String variable(Exception e) {
    Matcher property = PROPERTY.matcher(String.valueOf(e.getMessage()));
    return property.find()
        ? property.group().toUpperCase(Locale.ROOT).replaceAll("[.-]", "_")
        : "an OTEL_ variable";
  }

  private static boolean isWanted(Map<String, String> environment) {
    return !first(environment, ENDPOINTS, "").isBlank()
        && !environment.getOrDefault("OTEL_TRACES_EXPORTER", "otlp").equals("none")
        && !environment.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true");
  }

  private static String first(Map<String, String> environment, List<String> names, String none) {
    return names.stream()
        .flatMap(name -> Stream.ofNullable(environment.get(name)))
        .filter(value -> !value.isBlank())
        .findFirst()
        .orElse(none);
  }

  private static OpenTelemetrySdk sdk(Map<String, String> environment, String service) {
    SILENCED.forEach(logger -> logger.setLevel(Level.OFF));
    AtomicLong sayAgainNanos = new AtomicLong(System.nanoTime());
    WORDY.setFilter(
        line -> {
          long now = System.nanoTime();
          long due = sayAgainNanos.get();
          return now - due >= 0 && sayAgainNanos.compareAndSet(due, now + PAUSE_NANOS);
        });
    Map<String, String> given = new HashMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(PREFIX) && !value.isBlank()) {
            given.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
          }
        });
    given.putAll(ALWAYS);
    return AutoConfiguredOpenTelemetrySdk.builder()
        .addPropertiesSupplier(() -> defaults(service))
        .addPropertiesCustomizer(config -> given)
        .addSpanExporterCustomizer((exporter, config) -> new WarningExporter(exporter))
        .disableShutdownHook()
        .build()
        .getOpenTelemetrySdk();
  }

  private static Map<String, String> defaults(String service) {
    Map<String, String> all = new HashMap<>(DEFAULTS);
    all.put("otel.service.name", service);
    return all;
  }
}
