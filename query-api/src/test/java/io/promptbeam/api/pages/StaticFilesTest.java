package io.promptbeam.api.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.ApiResponse.Header;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.api.http.SecurityHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StaticFilesTest {
  private final StaticFiles files = StaticFiles.in("pages", List.of("page.html", "main.js"));
  private final Handler handler = files.named(request -> request.pathValue("file"));

  private record Request(String file, Map<String, String> headers, Map<String, List<String>> query)
      implements ApiRequest {
    Request(String file, String... headers) {
      this(file, headers.length == 0 ? Map.of() : Map.of(headers[0], headers[1]), Map.of());
    }

    @Override
    public String id() {
      return "req_1";
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String path() {
      return "/pages/" + file;
    }

    @Override
    public Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name));
    }

    @Override
    public String pathValue(String name) {
      return file;
    }

    @Override
    public byte[] body() {
      return new byte[0];
    }

    @Override
    public InputStream bodyStream(long maxBytes) {
      return InputStream.nullInputStream();
    }

    @Override
    public String origin() {
      return "http://localhost";
    }
  }

  private ApiResponse get(Request request) {
    return handler.handle(request, Caller.ANYONE).join();
  }

  private static String header(ApiResponse answer, String name) {
    return answer.headers().stream()
        .filter(header -> header.name().equals(name))
        .map(Header::value)
        .reduce((first, last) -> last)
        .orElse("");
  }

  private static String text(ApiResponse answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  @Test
  void file_isAnsweredWithItsType_whenItIsNamed() {
    ApiResponse page = get(new Request("page.html"));
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.contentType()).isEqualTo("text/html; charset=utf-8");
    assertThat(text(page)).contains("/pages/main.js?v=" + files.version() + '"');
    ApiResponse script = get(new Request("main.js"));
    assertThat(script.contentType()).isEqualTo("text/javascript; charset=utf-8");
    assertThat(text(script)).contains("{version} stays");
    assertThat(text(files.file("main.js").handle(new Request("else"), Caller.ANYONE).join()))
        .isEqualTo(text(script));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret.txt",
        "",
        ".",
        "..",
        "../pages/page.html",
        "page.html/",
        "PAGE.HTML",
        "page.html\0",
        "../log4j.properties"
      })
  void file_isNotFound_whenItIsNotNamed(String name) {
    assertThatThrownBy(() -> get(new Request(name)))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().status()).isEqualTo(404));
  }

  @Test
  void cache_mayKeepOnlyWhatIsAskedForWithThePresentVersion() {
    String kept = "public, max-age=31536000, immutable";
    assertThat(header(get(version(files.version())), "Cache-Control")).isEqualTo(kept);
    assertThat(header(get(version("of-last-year")), "Cache-Control")).isEqualTo("no-cache");
    assertThat(header(get(new Request("main.js")), "Cache-Control")).isEqualTo("no-cache");
  }

  private static Request version(String version) {
    return new Request("main.js", Map.of(), Map.of("v", List.of(version)));
  }

  @Test
  void version_differs_whenAFileDoes() {
    assertThat(StaticFiles.in("pages", List.of("page.html")).version())
        .isNotEqualTo(files.version());
    assertThat(StaticFiles.of(Map.of("page.html", "pages/page.html", "main.js", "pages/main.js")))
        .extracting(StaticFiles::version)
        .isEqualTo(files.version());
  }

  @Test
  void answer_is304WithThePolicyOfItsType_whenTheCallerHasIt() {
    ApiResponse page = get(new Request("page.html"));
    ApiResponse same = get(new Request("page.html", "If-None-Match", header(page, "ETag")));
    assertThat(same.status()).isEqualTo(304);
    assertThat(same.body()).isEmpty();
    // A browser replaces the headers of what it kept by those of a 304.
    assertThat(header(same, "Content-Security-Policy")).isEqualTo(SecurityHeaders.PAGE_POLICY);
    assertThat(get(new Request("page.html", "If-None-Match", "\"other\"")).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | true",
        "gzip, deflate, br, zstd | true",
        "br;q=1.0, gzip;q=0.8 | true",
        "gzip;q=0 | false",
        "gzip;q=0.0, br | false",
        "br | false",
        "xgzip | false"
      })
  void answer_isCompressed_whenTheCallerTakesThat(String accepts, boolean packed)
      throws IOException {
    ApiResponse plain = get(new Request("main.js"));
    ApiResponse answer = get(new Request("main.js", "Accept-Encoding", accepts));
    assertThat(header(answer, "Vary")).isEqualTo("Accept-Encoding");
    assertThat(header(answer, "Content-Encoding")).isEqualTo(packed ? "gzip" : "");
    byte[] body = answer.body();
    if (packed) {
      assertThat(body.length).isLessThan(plain.body().length / 2);
      body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
    }
    assertThat(body).isEqualTo(plain.body());
  }

  @Test
  void set_isNotMade_whenAFileIsMissingOrOfNoKnownType() {
    assertThatThrownBy(() -> StaticFiles.in("pages", List.of("missing.js")))
        .hasMessageContaining("pages/missing.js");
    assertThatThrownBy(() -> StaticFiles.of(Map.of("page", "pages/page.html")))
        .hasMessageContaining("content type");
    assertThatThrownBy(() -> files.file("missing.js")).hasMessageContaining("missing.js");
  }
}
