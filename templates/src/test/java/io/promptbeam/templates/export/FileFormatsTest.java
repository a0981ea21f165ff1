package io.promptbeam.templates.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.io.FileIO;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every format and compression, read back by the format's own reader. */
class FileFormatsTest {
  private static final Instant AT = Instant.parse("2026-11-01T00:00:00.123456Z");
  private static final int JOBS = 1_000;

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @ParameterizedTest
  @CsvSource({
    "jsonl,none",
    "avro,none",
    "avro,gzip",
    "avro,snappy",
    "avro,zstd",
    "parquet,none",
    "parquet,gzip",
    "parquet,snappy",
    "parquet,zstd"
  })
  void rows_areReadAsTheyWereWritten_whateverTheCompression(String format, String compression)
      throws IOException {
    ExportResultsOptions options =
        ExportRequestTest.options("--outputFormat=" + format, "--compression=" + compression);
    FileOutput files = FileOutput.of(folder + "/results", options);
    write(files.sink(), folder.resolve("results" + files.suffix()));

    Map<String, Map<String, @Nullable Object>> rows = ExportedFiles.rows(folder);
    assertThat(rows).hasSize(JOBS);
    assertThat(rows.values())
        .allSatisfy(
            row ->
                assertThat(row)
                    .containsEntry("submitted_at", AT.toString())
                    .containsEntry("owner", "team-a")
                    .containsEntry("state", "pending")
                    .containsEntry("metadata", "{\"team\":\"Zürich 🦊\"}")
                    .containsEntry("text", null)
                    .containsEntry("attempts", 0L));
  }

  /** Called without Hadoop on the class path, too. */
  static void write(FileIO.Sink<GenericRecord> sink, Path file) throws IOException {
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      sink.open(out.getChannel());
      for (int i = 0; i < JOBS; i++) {
        JobSpec spec = StoredJobs.spec(new Owner("team-a"), AT, "model-a");
        Job job = new Job(spec, JobRun.NEW, "0", Optional.empty(), Optional.empty());
        sink.write(JobRecords.of(job, false));
      }
      sink.flush();
    }
  }

  /** Called by reflection. */
  static void writeParquet(String folder) throws IOException {
    for (CompressionCodecName codec :
        List.of(
            CompressionCodecName.UNCOMPRESSED,
            CompressionCodecName.GZIP,
            CompressionCodecName.SNAPPY,
            CompressionCodecName.ZSTD)) {
      write(new ParquetSink(codec), Path.of(folder, codec + ".parquet"));
    }
  }

  @Test
  void parquet_isWritten_withoutHadoop() throws Exception {
    try (URLClassLoader loader =
        new URLClassLoader(withoutHadoop(), ClassLoader.getPlatformClassLoader())) {
      assertThatThrownBy(() -> loader.loadClass("org.apache.hadoop.conf.Configuration"))
          .isInstanceOf(ClassNotFoundException.class);
      Thread thread = Thread.currentThread();
      ClassLoader usual = thread.getContextClassLoader();
      thread.setContextClassLoader(loader);
      try {
        Method write =
            loader
                .loadClass(FileFormatsTest.class.getName())
                .getDeclaredMethod("writeParquet", String.class);
        write.setAccessible(true);
        write.invoke(null, folder.toString());
      } catch (InvocationTargetException e) {
        throw new AssertionError(e.getCause());
      } finally {
        thread.setContextClassLoader(usual);
      }
    }
    assertThat(ExportedFiles.rows(folder)).hasSize(4 * JOBS);
  }

  private static URL[] withoutHadoop() throws MalformedURLException {
    List<URL> places = new ArrayList<>();
    for (String place : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!place.contains("hadoop-client")) {
        places.add(new File(place).toURI().toURL());
      }
    }
    return places.toArray(URL[]::new);
  }
}
