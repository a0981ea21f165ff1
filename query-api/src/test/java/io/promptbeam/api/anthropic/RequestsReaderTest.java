package io.promptbeam.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestsReaderTest {
  private static final String PARAMS =
      "{\"model\":\"claude\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"?\"}]}";
  private static final int MAX = 3;

  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();

  private RequestsReader.Body read(String body) {
    return reader().read(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), lines);
  }

  private static RequestsReader reader() {
    return new RequestsReader(new RequestCheck(BatchStack.CATALOG), MAX);
  }

  private Problem problem(String body) {
    return catchThrowableOfType(ProblemException.class, () -> read(body)).problem();
  }

  private static String request(String customId, String params) {
    return "{\"custom_id\":\"" + customId + "\",\"params\":" + params + "}";
  }

  private static String body(String... requests) {
    return "{\"requests\": [" + String.join(",\n ", requests) + "] }";
  }

  @Test
  void goodBody_becomesALineARequest_withItsHash() throws Exception {
    String exact =
        "{\"model\":\"claude\",\"max_tokens\":5,\"temperature\":0.10,\"messages\":[\"Gr\\u00fc\\n水\"]}";
    String body = body(request("a", exact), request("b", PARAMS));
    RequestsReader.Body read = read(body);
    assertThat(lines.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            request("a", exact.replace("\\u00fc", "ü")) + "\n" + request("b", PARAMS) + "\n");
    assertThat(read.requests()).isEqualTo(2);
    assertThat(read.sha256())
        .isEqualTo(
            HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("SHA-256")
                        .digest(body.getBytes(StandardCharsets.UTF_8))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"custom_id\":\"a\"}|requests.1.params",
        "{\"params\":{}}|requests.1.custom_id",
        "{\"custom_id\":7,\"params\":{}}|requests.1.custom_id",
        "{\"custom_id\":\"a b\",\"params\":{}}|requests.1.custom_id",
        "{\"custom_id\":\"a\",\"params\":[]}|requests.1.params",
        "{\"custom_id\":\"a\",\"params\":{},\"url\":1}|requests.1.url",
        "\"a\"|requests.1",
        "{\"custom_id\":\"a\",\"params\":{}}|requests.1.params.model",
        "{\"custom_id\":\"a\",\"params\":{\"model\":\"x\"}}|requests.1.params.model",
        "{\"custom_id\":\"a\",\"params\":{\"model\":\"gpt\"}}|requests.1.params.max_tokens",
        "{\"custom_id\":\"a\",\"params\":{\"model\":\"gpt\",\"max_tokens\":0}}|requests.1.params.max_tokens",
        "{\"custom_id\":\"a\",\"params\":{\"model\":\"gpt\",\"max_tokens\":1}}|requests.1.params.messages",
        "{\"custom_id\":\"a\",\"params\":{\"model\":\"gpt\",\"max_tokens\":1,\"messages\":[]}}|requests.1.params.messages",
        "{\"custom_id\":\"a\",\"params\":{\"model\":\"gpt\",\"max_tokens\":1,\"messages\":[1],\"stream\":true}}|requests.1.params.stream",
      })
  void badRequest_isNamed(String request, String field) {
    Problem problem = problem(body(request("first", PARAMS), request));
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.field()).contains(field);
    assertThat(problem.detail()).startsWith(field + ": ");
  }

  @Test
  void customId_mustBeUnique_andShort() {
    assertThat(
            problem(body(request("a", PARAMS), request("b", PARAMS), request("a", PARAMS))).field())
        .contains("requests.2.custom_id");
    assertThat(read(body(request("x".repeat(64), PARAMS))).requests()).isEqualTo(1);
    assertThat(problem(body(request("x".repeat(65), PARAMS))).field())
        .contains("requests.0.custom_id");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|malformed_json",
        "{\"requests\":[|malformed_json",
        "{\"requests\":[{\"custom_id\":\"a\",\"custom_id\":\"b\"}]}|malformed_json",
        "[]|invalid_request",
        "{}|invalid_request",
        "{\"requests\":[]}|invalid_request",
        "{\"requests\":{}}|invalid_request",
        "{\"models\":1}|invalid_request",
      })
  void bodyThatIsNoCreation_isRefused(String body, String code) {
    Problem problem = problem(body);
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.code()).isEqualTo(code);
  }

  @Test
  void body_mayNotGoOn() {
    assertThat(problem(body(request("a", PARAMS)) + "{}").code()).isEqualTo("malformed_json");
  }

  @Test
  void requests_areCounted() {
    assertThat(
            problem(
                    body(
                        request("a", PARAMS),
                        request("b", PARAMS),
                        request("c", PARAMS),
                        request("d", PARAMS)))
                .field())
        .contains("requests");
  }

  @Test
  void endlessRequest_isGivenUp_beforeItFillsTheMemory() {
    String start = "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"system\":[";
    byte[] bytes = (start + "1,".repeat(12_500_000)).getBytes(StandardCharsets.UTF_8);
    InputStream endless = new ByteArrayInputStream(bytes);
    Problem problem =
        catchThrowableOfType(
                ProblemException.class,
                () -> reader().read(endless, OutputStream.nullOutputStream()))
            .problem();
    assertThat(problem.status()).isEqualTo(413);
    assertThat(problem.field()).contains("requests.0");
    assertThat(endless).isNotEmpty();
  }
}
