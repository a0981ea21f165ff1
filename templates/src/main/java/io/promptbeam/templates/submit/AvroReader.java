package io.promptbeam.templates.submit;

import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;

/** An Avro file of records. */
final class AvroReader implements RowReader {
  @Override
  public void read(InputStream file, Set<String> columns, Rows rows) throws IOException {
    long number = 0;
    try (DataFileStream<GenericRecord> records =
        new DataFileStream<>(file, new GenericDatumReader<>())) {
      Schema schema = records.getSchema();
      if (schema.getType() != Schema.Type.RECORD) {
        throw new UnreadableFileException("its rows are not records");
      }
      RowReader.requireColumns(columns, AvroRows.names(schema));
      while (records.hasNext()) {
        rows.row(++number, AvroRows.json(records.next()));
      }
    } catch (UnreadableFileException e) {
      throw e;
    } catch (IOException | AvroRuntimeException e) {
      throw new UnreadableFileException(
          "it is no Avro file, or cannot be read after row " + number, e);
    }
  }
}
