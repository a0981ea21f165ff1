package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * Avro's records, which BigQuery's rows come as, too, as JSON: times as of ISO 8601, decimals as
 * numbers, bytes in Base64. Logical types are looked at here, so records must have been read
 * without conversions.
 */
final class AvroRows {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private AvroRows() {}

  static List<String> names(Schema schema) {
    return schema.getFields().stream().map(Schema.Field::name).toList();
  }

  static ObjectNode json(GenericRecord row) {
    return object(row, row.getSchema());
  }

  private static ObjectNode object(IndexedRecord row, Schema schema) {
    ObjectNode object = NODES.objectNode();
    for (Schema.Field field : schema.getFields()) {
      object.set(field.name(), json(row.get(field.pos()), field.schema()));
    }
    return object;
  }

  private static JsonNode json(@Nullable Object value, Schema schema) {
    if (value == null) {
      return NODES.nullNode();
    }
    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case UNION ->
          json(value, schema.getTypes().get(GenericData.get().resolveUnion(schema, value)));
      case RECORD -> object((IndexedRecord) value, schema);
      case ARRAY -> array((Collection<?>) value, schema.getElementType());
      case MAP -> map((Map<?, ?>) value, schema.getValueType());
      case INT -> whole(((Number) value).longValue(), logical);
      case LONG -> whole(((Number) value).longValue(), logical);
      case FLOAT -> fraction(((Number) value).doubleValue(), value.toString());
      case DOUBLE -> fraction(((Number) value).doubleValue(), value.toString());
      case BOOLEAN -> NODES.booleanNode((Boolean) value);
      case BYTES -> bytes(bytes((ByteBuffer) value), logical);
      case FIXED -> bytes(((GenericFixed) value).bytes(), logical);
      case STRING, ENUM -> NODES.textNode(value.toString());
      case NULL -> NODES.nullNode();
    };
  }

  private static ArrayNode array(Collection<?> values, Schema of) {
    ArrayNode array = NODES.arrayNode();
    values.forEach(each -> array.add(json(each, of)));
    return array;
  }

  private static ObjectNode map(Map<?, ?> values, Schema of) {
    ObjectNode object = NODES.objectNode();
    values.forEach((key, each) -> object.set(key.toString(), json(each, of)));
    return object;
  }

  private static JsonNode whole(long value, @Nullable LogicalType logical) {
    return logical == null
        ? NODES.numberNode(value)
        : switch (logical.getName()) {
          case "date" -> NODES.textNode(LocalDate.ofEpochDay(value).toString());
          case "time-millis" -> time(value, ChronoUnit.MILLIS);
          case "time-micros" -> time(value, ChronoUnit.MICROS);
          case "timestamp-millis" -> NODES.textNode(instant(value, ChronoUnit.MILLIS).toString());
          case "timestamp-micros" -> NODES.textNode(instant(value, ChronoUnit.MICROS).toString());
          case "local-timestamp-millis" -> local(instant(value, ChronoUnit.MILLIS));
          case "local-timestamp-micros" -> local(instant(value, ChronoUnit.MICROS));
          default -> NODES.numberNode(value);
        };
  }

  private static JsonNode time(long value, ChronoUnit unit) {
    return NODES.textNode(
        LocalTime.ofNanoOfDay(Math.multiplyExact(value, unit.getDuration().toNanos())).toString());
  }

  private static Instant instant(long value, ChronoUnit unit) {
    return Instant.EPOCH.plus(value, unit);
  }

  private static JsonNode local(Instant instant) {
    return NODES.textNode(LocalDateTime.ofInstant(instant, ZoneOffset.UTC).toString());
  }

  /** JSON has no infinity and no NaN; {@code text} keeps a float's own digits. */
  private static JsonNode fraction(double value, String text) {
    return Double.isFinite(value)
        ? DecimalNode.valueOf(new BigDecimal(text))
        : NODES.textNode(text);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static JsonNode bytes(byte[] bytes, @Nullable LogicalType logical) {
    if (logical instanceof LogicalTypes.Decimal decimal) {
      // BigQuery's have nine or more digits after the point, whatever the value.
      BigDecimal number = new BigDecimal(new BigInteger(bytes), decimal.getScale());
      BigDecimal plain = number.stripTrailingZeros();
      return DecimalNode.valueOf(plain.scale() < 0 ? plain.setScale(0) : plain);
    }
    return NODES.textNode(Base64.getEncoder().encodeToString(bytes));
  }
}
