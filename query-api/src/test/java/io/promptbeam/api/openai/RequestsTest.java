package io.promptbeam.api.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.submit.StrictJson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
  private static final String FILE_ID = "file-0123456789abcdef01234567";

  private static CreateRequest create(String window, String more) throws Exception {
    return CreateRequest.of(
        StrictJson.read(
            ("{\"input_file_id\":\""
                    + FILE_ID
                    + "\",\"endpoint\":\"/v1/responses\",\"completion_window\":\""
                    + window
                    + "\""
                    + more
                    + "}")
                .getBytes(UTF_8)));
  }

  @Test
  void window_isTaken_whenItIsFromAMinuteToThirtyDays() throws Exception {
    assertThat(create("24h", "").windowLength()).isEqualTo(Duration.ofHours(24));
    assertThat(create("1m", "").windowLength()).isEqualTo(Duration.ofMinutes(1));
    assertThat(create("30d", ",\"metadata\":null").windowLength()).isEqualTo(Duration.ofDays(30));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0m", "31d", "721h", "24", "h", "24 h", "-1h", "1s", "99999999999999h"})
  void window_isRefused_whenItIsNone(String window) {
    assertProblem(() -> create(window, ""), 400, "completion_window");
  }

  @Test
  void metadata_isRefused_whenItIsTooMuch() throws Exception {
    String pairs =
        IntStream.range(0, 17)
            .mapToObj(i -> "\"k" + i + "\":\"v\"")
            .collect(Collectors.joining(","));
    assertProblem(() -> create("24h", ",\"metadata\":{" + pairs + "}"), 400, "metadata");
    String longKey = ",\"metadata\":{\"" + "k".repeat(65) + "\":\"v\"}";
    assertProblem(() -> create("24h", longKey), 400, "metadata");
    String longValue = ",\"metadata\":{\"k\":\"" + "v".repeat(513) + "\"}";
    assertProblem(() -> create("24h", longValue), 400, "metadata.k");
    assertProblem(() -> create("24h", ",\"metadata\":{\"k\":1}"), 400, "metadata.k");
    String most = ",\"metadata\":{\"" + "🎈".repeat(64) + "\":\"" + "🎈".repeat(512) + "\"}";
    assertThat(create("24h", most).metadata()).hasSize(1);
  }

  @Test
  void creation_isRefused_whenAFieldIsUnknownOrWrong() {
    assertProblem(() -> create("24h", ",\"priority\":1"), 400, "'priority'");
    assertProblem(
        () -> create("24h", ",\"output_expires_after\":{\"anchor\":\"created_at\"}"),
        400,
        "output_expires_after.seconds");
    assertProblem(
        () -> CreateRequest.of(StrictJson.read("{}".getBytes(UTF_8))), 400, "input_file_id");
    assertProblem(() -> CreateRequest.of(StrictJson.read("[]".getBytes(UTF_8))), 400, "body");
  }

  @Test
  void form_isRead_whenPartsComeInAnyOrder() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    UploadForm form =
        read(
            """
            --B\r
            Content-Disposition: form-data; name="file"; filename="C:\\\\dir\\\\größe.jsonl"\r
            Content-Type: application/jsonl\r
            \r
            a\r
            --C\r
            --B\r
            Content-Disposition: form-data; name="expires_after[anchor]"\r
            Content-Type: text/plain\r
            \r
            created_at\r
            --B\r
            Content-Disposition: form-data; name="purpose"\r
            \r
            batch\r
            --B--\r
            """,
            file);
    assertThat(form.fields())
        .containsEntry("purpose", "batch")
        .containsEntry("expires_after[anchor]", "created_at");
    assertThat(form.file().orElseThrow().name()).isEqualTo("größe.jsonl");
    assertThat(file.toString(UTF_8)).isEqualTo("a\r\n--C");
  }

  @Test
  void form_isRefused_whenItEndsTooEarlyOrIsTooLargeOrUnknown() {
    String start = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
    assertProblem(() -> read(start + "abc", new ByteArrayOutputStream()), 400, "");
    assertThat(read("", new ByteArrayOutputStream()).file()).isEmpty();
    assertProblem(
        () -> read(start + "x".repeat(101) + "\r\n--B--\r\n", new ByteArrayOutputStream()),
        413,
        "file");
    assertProblem(
        () ->
            read(
                "--B\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--B--\r\n",
                new ByteArrayOutputStream()),
        400,
        "'other'");
  }

  private static UploadForm read(String body, ByteArrayOutputStream file) {
    ApiRequest request =
        (ApiRequest)
            Proxy.newProxyInstance(
                ApiRequest.class.getClassLoader(),
                new Class<?>[] {ApiRequest.class},
                (proxy, method, arguments) ->
                    method.getName().equals("header")
                        ? Optional.of("multipart/form-data; boundary=B")
                            .filter(type -> arguments[0].equals("Content-Type"))
                        : new ByteArrayInputStream(body.getBytes(UTF_8)));
    return UploadForm.read(
        request,
        Set.of("purpose", "expires_after[anchor]"),
        100,
        (bytes, length) -> file.write(bytes, 0, length));
  }

  private interface Attempt {
    Object run() throws Exception;
  }

  private static void assertProblem(Attempt attempt, int status, String field) {
    assertThatThrownBy(attempt::run)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().status()).isEqualTo(status);
              assertThat(e.problem().field().orElse("")).isEqualTo(field);
            });
  }
}
