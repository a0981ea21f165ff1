package io.promptbeam.templates.submit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowReaderTest {
  private static final RowReader CSV = new CsvReader(',');
  private static final RowReader JSONL = new JsonlReader();

  private static List<String> read(RowReader reader, byte[] file, String... columns)
      throws IOException {
    List<String> read = new ArrayList<>();
    reader.read(
        new ByteArrayInputStream(file),
        Set.of(columns),
        new RowReader.Rows() {
          @Override
          public void row(long number, ObjectNode row) {
            read.add(number + " " + row);
          }

          @Override
          public void unreadable(long number, String reason, String data) {
            read.add(number + " " + reason + " " + data);
          }
        });
    return read;
  }

  private static List<String> csv(String file, String... columns) throws IOException {
    return read(CSV, file.getBytes(UTF_8), columns);
  }

  @Test
  void csv_isRead_withMarkQuotesAndEmptyLines() throws Exception {
    assertThat(csv("\uFEFFa,b\r\n1,\"x,\r\n\"\"y\"\"\"\r\n\r\n ü ,\n"))
        .containsExactly(
            "1 {\"a\":\"1\",\"b\":\"x,\\r\\n\\\"y\\\"\"}", "2 {\"a\":\" ü \",\"b\":\"\"}");
  }

  @Test
  void csv_hasNoRows_whenItHasAHeaderOnly() throws Exception {
    assertThat(csv("a,b\n")).isEmpty();
  }

  @Test
  void csv_hasItsLastRow_whenNoLineEndFollows() throws Exception {
    assertThat(csv("a\nx")).containsExactly("1 {\"a\":\"x\"}");
  }

  @Test
  void csv_leavesOutColumnsWithoutAName() throws Exception {
    assertThat(csv(",a,\n0,x,y\n")).containsExactly("1 {\"a\":\"x\"}");
  }

  @Test
  void csv_goesOn_afterARowThatCannotBeRead() throws Exception {
    byte[] file = "a,b\n1\n2,\u00fc\n3,x,y\n4,good\n".getBytes(ISO_8859_1);
    assertThat(read(CSV, file))
        .containsExactly(
            "1 It has 1 columns, the header 2. [\"1\"]",
            "2 Column b is not UTF-8. [\"2\",\"\uFFFD\"]",
            "3 It has 3 columns, the header 2. [\"3\",\"x\",\"y\"]",
            "4 {\"a\":\"4\",\"b\":\"good\"}");
  }

  @Test
  void csv_takesAnotherDelimiter() throws Exception {
    assertThat(read(new CsvReader('\t'), "a\tb\n1,5\tx\n".getBytes(UTF_8)))
        .containsExactly("1 {\"a\":\"1,5\",\"b\":\"x\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "~~|it is empty",
        "a,a\\n1,2\\n|two columns 'a'",
        "a\\n1\\n\"2\\n3\\n|cannot be read after row 1; is a quote missing",
        "a\\n\"1\"x\\n|cannot be read after row 0; is a quote missing",
        "a,b\\n|it has no column 'c'; it has a, b"
      })
  void csv_isRefused_whenTheRestCannotBeRead(String file, String message) {
    String[] needed = message.contains("'c'") ? new String[] {"c"} : new String[0];
    assertThatThrownBy(() -> csv(file.replace("\\n", "\n"), needed))
        .isInstanceOf(UnreadableFileException.class)
        .hasMessageContaining(message);
  }

  @Test
  void csv_isRefused_whenAQuoteSwallowsAllThatFollows() {
    byte[] file = new byte[RowReader.MAX_ROW_BYTES + (1 << 20)];
    Arrays.fill(file, (byte) 'x');
    System.arraycopy("a\n\"".getBytes(UTF_8), 0, file, 0, 3);
    assertThatThrownBy(() -> read(CSV, file))
        .isInstanceOf(UnreadableFileException.class)
        .hasMessageContaining("is a quote missing");
  }

  @Test
  void jsonl_isRead_lineByLine() throws Exception {
    String file = "\uFEFF{\"a\": 1.50}\r\n\n[1]\n{\"a\": 1} 2\n{\"a\": 2, \"a\": 3}\n{\"b\": null}";
    assertThat(read(JSONL, file.getBytes(UTF_8)))
        .containsExactly(
            "1 {\"a\":1.50}",
            "3 The line is not a JSON object. \"[1]\"",
            "4 The line goes on after the JSON value. \"{\\\"a\\\": 1} 2\"",
            "5 The line names a field twice in one object. \"{\\\"a\\\": 2, \\\"a\\\": 3}\"",
            "6 {\"b\":null}");
  }

  @Test
  void avro_isRefused_whenTheFileIsNone() {
    assertThatThrownBy(() -> read(new AvroReader(), "a,b\n".getBytes(UTF_8)))
        .isInstanceOf(UnreadableFileException.class)
        .hasMessageContaining("it is no Avro file");
  }

  @ParameterizedTest
  @CsvSource({
    "gs://b/in/*.csv, gs://b/in/a.csv, a.csv",
    "gs://b/in/*/x.csv, gs://b/in/one/x.csv, one/x.csv",
    "gs://b/in/x.csv, gs://b/in/x.csv, x.csv",
    "in/*.csv, /home/me/in/a.csv, a.csv",
    "*.csv, /home/me/a.csv, a.csv"
  })
  void file_isCalledWhatTellsItApart(String pattern, String file, String name) {
    assertThat(ReadFiles.shortName(pattern, file)).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "auto, a.jsonl, JSONL",
    "auto, a.ndjson.gz, JSONL",
    "auto, A.CSV, CSV",
    "auto, a.tsv.bz2, CSV",
    "auto, a.csv.zst, CSV",
    "auto, a.avro, AVRO",
    "csv, a.txt, CSV",
    "AVRO, a.bin, AVRO"
  })
  void format_isGiven_orToldByTheName(String option, String file, InputFormat format) {
    assertThat(InputFormat.of(option, file)).isEqualTo(format);
  }
}
