package io.promptbeam.store.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is agreed, as JSON.
 *
 * <p>Stored: names and meanings do not change.
 */
public final class QuotaJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String LIMITS = "per_minute";
  private static final String IN_FLIGHT = "max_in_flight";
  private static final String ANCHORS = "anchors";
  private static final String CONFIGURED_AT = "configured_at";
  private static final String AT = "at_micros";
  private static final String FACTOR = "factor";
  private static final String PAUSED_UNTIL = "paused_until";

  private QuotaJson() {}

  public static byte[] write(QuotaControl control) {
    ObjectNode json = MAPPER.createObjectNode();
    write(json.putObject(LIMITS), control.limits().perMinute());
    control.limits().maxInFlight().ifPresent(limit -> json.put(IN_FLIGHT, limit));
    json.put(CONFIGURED_AT, control.configuredAt().toString());
    json.put(AT, control.atMicros());
    write(json.putObject(ANCHORS), control.anchors());
    json.put(FACTOR, control.factor());
    control.pausedUntil().ifPresent(until -> json.put(PAUSED_UNTIL, until.toString()));
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static QuotaControl read(byte[] bytes) {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      return new QuotaControl(
          new QuotaLimits(
              dimensions(json.path(LIMITS)),
              json.hasNonNull(IN_FLIGHT)
                  ? OptionalLong.of(json.get(IN_FLIGHT).longValue())
                  : OptionalLong.empty()),
          Instant.parse(json.path(CONFIGURED_AT).asText()),
          json.path(AT).longValue(),
          dimensions(json.path(ANCHORS)),
          json.path(FACTOR).doubleValue(),
          Optional.ofNullable(json.get(PAUSED_UNTIL)).map(until -> Instant.parse(until.asText())));
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("not what is agreed of a quota", e);
    }
  }

  private static void write(ObjectNode json, Map<Dimension, Long> values) {
    values.forEach((dimension, value) -> json.put(dimension.column(), value));
  }

  private static Map<Dimension, Long> dimensions(JsonNode json) {
    Map<Dimension, Long> values = new EnumMap<>(Dimension.class);
    for (Dimension dimension : Dimension.values()) {
      if (json.hasNonNull(dimension.column())) {
        values.put(dimension, json.get(dimension.column()).longValue());
      }
    }
    return values;
  }
}
