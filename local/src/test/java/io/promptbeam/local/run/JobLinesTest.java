package io.promptbeam.local.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobLinesTest {
  private static List<InputLine> read(byte[] file) throws IOException {
    List<InputLine> all = new ArrayList<>();
    try (JobLines lines = new JobLines(new ByteArrayInputStream(file), 200)) {
      for (Optional<InputLine> line = lines.next(); line.isPresent(); line = lines.next()) {
        all.add(line.get());
      }
    }
    return all;
  }

  private static List<InputLine> read(String file) throws IOException {
    return read(file.getBytes(StandardCharsets.UTF_8));
  }

  private static InputLine.Accepted accepted(String line) throws IOException {
    return (InputLine.Accepted) read(line).get(0);
  }

  private static InputLine.Rejected rejected(String line) throws IOException {
    return (InputLine.Rejected) read(line).get(0);
  }

  @Test
  void prompt_becomesASubmission_withItsSettings() throws IOException {
    var line =
        accepted(
            """
            {"custom_id":"a","prompt":"Hé","system":"Be brief","params":{"temperature":0},\
            "metadata":{"k":"v"}}""");

    assertThat(line.customId()).isEqualTo("a");
    assertThat(line.model()).isEmpty();
    assertThat(line.submission())
        .hasToString(
            """
            {"full_input":"Hé","system_message":"Be brief","params":{"temperature":0},\
            "metadata":{"k":"v"}}""");
  }

  @Test
  void nativeBody_isPassedOnWithoutCustomId_whenItHasMessages() throws IOException {
    var line =
        accepted(
            """
            {"custom_id":"a","model":"m","messages":[{"role":"user","content":"x"}],"seed":7}""");

    assertThat(line.customId()).isEqualTo("a");
    assertThat(line.model()).contains("m");
    assertThat(line.submission())
        .hasToString(
            """
            {"request":{"model":"m","messages":[{"role":"user","content":"x"}],"seed":7}}""");
  }

  @Test
  void nativeBody_isTakenForOne_whenAPromptHasAModelAndSettingsBesideIt() throws IOException {
    assertThat(
            accepted("{\"model\":\"m\",\"prompt\":\"x\",\"max_tokens\":5}")
                .submission()
                .has("request"))
        .isTrue();
  }

  @Test
  void batchLine_isPassedOnWhole_andNamesItsModel() throws IOException {
    var line =
        accepted(
            """
            {"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":\
            {"model":"m","messages":[]}}""");

    assertThat(line.customId()).isEqualTo("r-1");
    assertThat(line.model()).contains("m");
    assertThat(line.submission().path("request").path("url").asText())
        .isEqualTo("/v1/chat/completions");
  }

  @Test
  void customId_isTheLineNumber_whenTheLineHasNone() throws IOException {
    assertThat(read("{\"prompt\":\"a\"}\n\n{\"prompt\":\"b\"}\n"))
        .extracting(line -> ((InputLine.Accepted) line).customId())
        .containsExactly("line-1", "line-3");
  }

  @Test
  void file_isReadWhole_whenItHasAMarkCrLfBlankLinesAndNoFinalNewline() throws IOException {
    var lines = read("\uFEFF{\"prompt\":\"a\"}\r\n  \r\n\r\n{\"prompt\":\"b\"}");

    assertThat(lines).hasSize(2).allMatch(line -> line instanceof InputLine.Accepted);
    assertThat(lines).extracting(InputLine::number).containsExactly(1L, 4L);
  }

  @Test
  void emptyFile_hasNoLines() throws IOException {
    assertThat(read("")).isEmpty();
    assertThat(read("\n\n")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0000',
      value = {
        "not json                              | malformed_json",
        "{\"prompt\":\"a\"                     | malformed_json",
        "{\"prompt\":\"a\"} {}                 | malformed_json",
        "{\"prompt\":\"a\",\"prompt\":\"b\"}   | malformed_json",
        "[1]                                   | not_an_object",
        "{\"custom_id\":\"a\"}                 | missing_field",
        "{\"prompt\":\"a\",\"temperature\":1}  | unknown_field",
        "{\"prompt\":\"a\",\"custom_id\":7}    | invalid_value",
        "{\"prompt\":\"a\",\"model\":7}        | wrong_type",
      })
  void line_isRejectedWithACode_whenItCannotBeUsed(String line, String code) throws IOException {
    assertThat(rejected(line).code()).isEqualTo(code);
  }

  @Test
  void rejection_namesTheCustomIdAndNeverQuotesTheLine() throws IOException {
    var unknown = rejected("{\"custom_id\":\"a\",\"prompt\":\"secret\",\"top_k\":\"secret\"}");
    assertThat(unknown.customId()).contains("a");
    assertThat(unknown.reason()).startsWith("top_k: ").doesNotContain("secret");

    assertThat(rejected("{\"prompt\": secret}").reason())
        .doesNotContain("secret")
        .contains("column");
  }

  @Test
  void duplicateCustomId_isRejected_andTheFirstStays() throws IOException {
    var lines =
        read("{\"custom_id\":\"a\",\"prompt\":\"1\"}\n{\"custom_id\":\"a\",\"prompt\":\"2\"}\n");

    assertThat(lines.get(0)).isInstanceOf(InputLine.Accepted.class);
    assertThat(lines.get(1))
        .isEqualTo(
            new InputLine.Rejected(
                2,
                Optional.of("a"),
                "duplicate_custom_id",
                "an earlier line has the same custom_id"));
  }

  @Test
  void lineThatIsTooLong_isRejected_andTheNextIsRead() throws IOException {
    var lines = read("{\"prompt\":\"" + "x".repeat(100_000) + "\"}\n{\"prompt\":\"b\"}\n");

    assertThat(((InputLine.Rejected) lines.get(0)).code()).isEqualTo("too_large");
    assertThat(lines.get(1)).isInstanceOf(InputLine.Accepted.class);
    assertThat(lines.get(1).number()).isEqualTo(2);
  }

  @Test
  void line_isAccepted_whenItHasExactlyTheLongestLength() throws IOException {
    String longest = "{\"prompt\":\"" + "x".repeat(200 - 13) + "\"}";
    assertThat(longest).hasSize(200);

    assertThat(read(longest + "\r\n").get(0)).isInstanceOf(InputLine.Accepted.class);
    assertThat(read(longest.replaceFirst("xx", "xxx")).get(0))
        .isInstanceOf(InputLine.Rejected.class);
  }

  @Test
  void line_isRejected_whenItIsNotUtf8() throws IOException {
    byte[] latin1 = "{\"prompt\":\"caf\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);

    assertThat(read(latin1).get(0)).isInstanceOf(InputLine.Rejected.class);
  }
}
