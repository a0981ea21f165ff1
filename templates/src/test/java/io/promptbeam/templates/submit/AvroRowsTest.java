package io.promptbeam.templates.submit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;

class AvroRowsTest {
  private static Schema of(LogicalType type, Schema.Type base) {
    return type.addToSchema(Schema.create(base));
  }

  private static String json(Schema schema, Object value) {
    Schema row =
        SchemaBuilder.record("Row").fields().name("v").type(schema).noDefault().endRecord();
    GenericRecord record = new GenericData.Record(row);
    record.put("v", value);
    return AvroRows.json(record).path("v").toString();
  }

  @Test
  void times_areAsOfIso8601() {
    assertThat(json(of(LogicalTypes.date(), Schema.Type.INT), 20_000)).isEqualTo("\"2024-10-04\"");
    assertThat(json(of(LogicalTypes.timestampMicros(), Schema.Type.LONG), 1_500_000L))
        .isEqualTo("\"1970-01-01T00:00:01.500Z\"");
    assertThat(json(of(LogicalTypes.timestampMillis(), Schema.Type.LONG), -1L))
        .isEqualTo("\"1969-12-31T23:59:59.999Z\"");
    assertThat(json(of(LogicalTypes.localTimestampMicros(), Schema.Type.LONG), 0L))
        .isEqualTo("\"1970-01-01T00:00\"");
    assertThat(json(of(LogicalTypes.timeMicros(), Schema.Type.LONG), 3_600_000_000L))
        .isEqualTo("\"01:00\"");
  }

  @Test
  void decimals_arePlainNumbers() {
    Schema schema = of(LogicalTypes.decimal(38, 9), Schema.Type.BYTES);
    for (String each : List.of("1.5", "100", "0", "-0.000000001")) {
      var unscaled = new BigDecimal(each).setScale(9).unscaledValue().toByteArray();
      assertThat(json(schema, ByteBuffer.wrap(unscaled)))
          .isEqualTo(new BigDecimal(each).toPlainString().replace("-0.000000001", "-1E-9"));
    }
  }

  @Test
  void numbers_keepTheirDigits() {
    assertThat(json(Schema.create(Schema.Type.FLOAT), 0.1f)).isEqualTo("0.1");
    assertThat(json(Schema.create(Schema.Type.DOUBLE), 0.1)).isEqualTo("0.1");
    assertThat(json(Schema.create(Schema.Type.DOUBLE), Double.NaN)).isEqualTo("\"NaN\"");
    assertThat(json(Schema.create(Schema.Type.LONG), Long.MAX_VALUE))
        .isEqualTo("9223372036854775807");
  }

  @Test
  void nesting_isKept() throws Exception {
    Schema inner = SchemaBuilder.record("Inner").fields().optionalString("s").endRecord();
    GenericRecord one = new GenericData.Record(inner);
    one.put("s", "x");
    Schema list = Schema.createArray(Schema.createUnion(Schema.create(Schema.Type.NULL), inner));
    JsonNode read =
        new ObjectMapper()
            .readTree(json(Schema.createMap(list), Map.of("k", Arrays.asList(one, null))));
    assertThat(read.toString()).isEqualTo("{\"k\":[{\"s\":\"x\"},null]}");
  }

  @Test
  void bytes_areBase64() {
    assertThat(json(Schema.create(Schema.Type.BYTES), ByteBuffer.wrap("hi".getBytes(UTF_8))))
        .isEqualTo("\"aGk=\"");
  }
}
