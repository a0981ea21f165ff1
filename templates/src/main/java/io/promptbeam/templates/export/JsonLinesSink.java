package io.promptbeam.templates.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.io.FileIO;
import org.jspecify.annotations.Nullable;

/** A JSON object a line, with every column, in UTF-8; times as RFC 3339. */
final class JsonLinesSink implements FileIO.Sink<GenericRecord> {
  private static final long serialVersionUID = 1L;
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private transient @Nullable JsonGenerator json;

  @Override
  public void open(WritableByteChannel channel) throws IOException {
    json = FACTORY.createGenerator(Channels.newOutputStream(channel));
    json.setRootValueSeparator(null);
  }

  @Override
  public void write(GenericRecord row) throws IOException {
    JsonGenerator to = opened();
    to.writeStartObject();
    for (Schema.Field column : row.getSchema().getFields()) {
      to.writeFieldName(column.name());
      write(row.get(column.pos()), ExportSchema.type(column), to);
    }
    to.writeEndObject();
    to.writeRaw('\n');
  }

  private static void write(@Nullable Object value, Schema type, JsonGenerator to)
      throws IOException {
    if (value == null) {
      to.writeNull();
    } else if (ExportSchema.isTime(type)) {
      to.writeString(ExportSchema.time(value).toString());
    } else if (value instanceof Long number) {
      to.writeNumber(number);
    } else if (value instanceof Double number) {
      to.writeNumber(number);
    } else {
      to.writeString(value.toString());
    }
  }

  @Override
  public void flush() throws IOException {
    opened().close();
  }

  private JsonGenerator opened() {
    if (json == null) {
      throw new IllegalStateException("not open");
    }
    return json;
  }
}
