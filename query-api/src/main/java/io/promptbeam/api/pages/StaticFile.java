package io.promptbeam.api.pages;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.ApiResponse.Header;
import io.promptbeam.api.http.EntityTag;
import io.promptbeam.api.http.SecurityHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * One file, as it is and compressed.
 *
 * @param plain not to be modified
 * @param compressed not to be modified; empty where that saves too little
 * @param tag of the content, whatever its coding: hence weak
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per answer would be waste
record StaticFile(String contentType, byte[] plain, Optional<byte[]> compressed, String tag) {
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "mjs", "text/javascript; charset=utf-8",
          "json", "application/json",
          "yaml", "application/yaml",
          "txt", "text/plain; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "woff2", "font/woff2");
  private static final Pattern GZIP =
      Pattern.compile("(?:^|,)\\s*gzip\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$))[^,]*)?(?:,|$)");

  static StaticFile of(String name, byte[] content) {
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null) {
      throw new IllegalArgumentException("no content type is known for " + name);
    }
    byte[] gzip = gzip(content);
    boolean saves = gzip.length < content.length * 9L / 10;
    return new StaticFile(
        type, content, saves ? Optional.of(gzip) : Optional.empty(), "W/" + EntityTag.of(content));
  }

  private static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** In the coding that {@code request} takes. */
  ApiResponse answer(ApiRequest request) {
    // Named here although every answer has one: browsers give what they kept the headers of a 304,
    // and a page under the policy for data would run no script from then on.
    Header policy = SecurityHeaders.policy(contentType);
    boolean packed =
        compressed.isPresent()
            && request.header("Accept-Encoding").filter(a -> GZIP.matcher(a).find()).isPresent();
    ApiResponse answer =
        new ApiResponse(
            200,
            contentType,
            packed ? compressed.get() : plain,
            List.of(new Header("ETag", tag), policy));
    if (compressed.isEmpty()) {
      return answer;
    }
    answer = answer.with("Vary", "Accept-Encoding");
    return packed ? answer.with("Content-Encoding", "gzip") : answer;
  }
}
