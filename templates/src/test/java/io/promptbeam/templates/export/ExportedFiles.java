package io.promptbeam.templates.export;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.io.LocalInputFile;
import org.jspecify.annotations.Nullable;

/** Reads what was exported with each format's own reader, as rows by the job's id. */
final class ExportedFiles {
  private static final JsonMapper MAPPER = new JsonMapper();

  private ExportedFiles() {}

  static List<Path> in(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  static Map<String, Map<String, @Nullable Object>> rows(Path folder) throws IOException {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (Path file : in(folder)) {
      String name = file.getFileName().toString();
      if (name.endsWith(".avro")) {
        avro(file, rows);
      } else if (name.endsWith(".parquet")) {
        parquet(file, rows);
      } else if (name.endsWith(".jsonl")) {
        jsonLines(file, rows);
      } else {
        throw new IOException("what is " + name);
      }
    }
    Map<String, Map<String, @Nullable Object>> byId = new TreeMap<>();
    for (Map<String, @Nullable Object> row : rows) {
      if (byId.put(String.valueOf(row.get("job_id")), row) != null) {
        throw new IOException("exported twice: " + row.get("job_id"));
      }
    }
    return byId;
  }

  private static void jsonLines(Path file, List<Map<String, @Nullable Object>> rows)
      throws IOException {
    for (String line : Files.readAllLines(file)) {
      Map<String, @Nullable Object> row =
          MAPPER.readValue(line, new TypeReference<LinkedHashMap<String, @Nullable Object>>() {});
      row.replaceAll((column, value) -> value instanceof Integer i ? Long.valueOf(i) : value);
      rows.add(row);
    }
  }

  private static void avro(Path file, List<Map<String, @Nullable Object>> rows) throws IOException {
    try (var reader =
        new DataFileReader<GenericRecord>(file.toFile(), new GenericDatumReader<>())) {
      for (GenericRecord row : reader) {
        rows.add(plain(row));
      }
    }
  }

  private static void parquet(Path file, List<Map<String, @Nullable Object>> rows)
      throws IOException {
    try (ParquetReader<GenericRecord> reader =
        AvroParquetReader.<GenericRecord>builder(
                new LocalInputFile(file), new PlainParquetConfiguration())
            .withDataModel(GenericData.get())
            .build()) {
      for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
        rows.add(plain(row));
      }
    }
  }

  private static Map<String, @Nullable Object> plain(GenericRecord row) {
    Map<String, @Nullable Object> plain = new LinkedHashMap<>();
    for (Schema.Field column : row.getSchema().getFields()) {
      Object value = row.get(column.pos());
      if (value instanceof CharSequence text) {
        value = text.toString();
      } else if (value instanceof Long micros && column.name().endsWith("_at")) {
        value = Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
      }
      plain.put(column.name(), value);
    }
    return plain;
  }
}
