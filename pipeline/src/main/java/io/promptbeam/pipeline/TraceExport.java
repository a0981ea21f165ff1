package io.promptbeam.pipeline;

import io.promptbeam.catalog.SecretReference;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.catalog.SecretUnavailableException;
import io.promptbeam.trace.OtlpTracing;
import io.promptbeam.trace.Tracing;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where workers send spans, as far as the pipeline's options say it; the rest is for the {@code
 * OTEL_*} variables of the machine they run on.
 *
 * @param endpoint empty: for the variables
 * @param headers a reference to what {@code OTEL_EXPORTER_OTLP_HEADERS} would hold; may be empty
 * @param ratio of the traces that begin here
 */
public record TraceExport(String endpoint, String headers, double ratio) implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Logger log = LoggerFactory.getLogger(TraceExport.class);

  /** What the variables say. */
  public static final TraceExport OF_ENVIRONMENT = new TraceExport("", "", 1);

  /** Names the service where {@code OTEL_SERVICE_NAME} does not. */
  private static final String SERVICE = "promptbeam-pipeline";

  /**
   * As the pipeline's options say.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static TraceExport of(LlmJobOptions options) {
    String headers = orEmpty(options.getTracesHeaders());
    if (!headers.isEmpty() && SecretReference.parse(headers).isEmpty()) {
      throw new IllegalArgumentException(
          "--tracesHeaders is a reference, not the headers: env:NAME, file:PATH or"
              + " sm://PROJECT/SECRET");
    }
    double ratio = options.getTracesRatio();
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException("--tracesRatio is from 0 to 1, not " + ratio);
    }
    String endpoint = orEmpty(options.getTracesEndpoint());
    if (!endpoint.isEmpty() && !endpoint.matches("https?://[^/@?#]+(/[^?#]*)?")) {
      throw new IllegalArgumentException(
          "--tracesEndpoint is the URL of an OTLP endpoint over HTTP, for example"
              + " http://collector:4318, without user, query or fragment");
    }
    return new TraceExport(endpoint, headers, ratio);
  }

  private static String orEmpty(@Nullable String option) {
    return option == null ? "" : option.strip();
  }

  /** On the machine that sends. Tracing that cannot be had is said in the log, and done without. */
  Tracing open() {
    return open(System.getenv(), SecretResolver.ofProcess());
  }

  Tracing open(Map<String, String> environment, SecretResolver secrets) {
    try {
      return OtlpTracing.open(variables(environment, secrets), SERVICE);
    } catch (SecretUnavailableException e) {
      log.warn("traces are off: {}", e.getMessage());
      return Tracing.OFF;
    }
  }

  private Map<String, String> variables(Map<String, String> environment, SecretResolver secrets) {
    Map<String, String> variables = new HashMap<>(environment);
    if (!endpoint.isEmpty()) {
      variables.put("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
      variables.putIfAbsent("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
      variables.putIfAbsent("OTEL_TRACES_SAMPLER_ARG", Double.toString(ratio));
    }
    SecretReference.parse(headers)
        .ifPresent(
            reference -> variables.put("OTEL_EXPORTER_OTLP_HEADERS", secrets.resolve(reference)));
    return variables;
  }
}
