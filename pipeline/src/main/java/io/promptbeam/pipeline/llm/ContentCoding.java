package io.promptbeam.pipeline.llm;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpHeaders;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** Undoes the compression that some gateways apply unasked: the answer in it is paid for. */
final class ContentCoding {
  private ContentCoding() {}

  /**
   * The bytes as they were before they were encoded; empty when those are more than {@code
   * maxBytes}.
   *
   * @throws IOException when they are not encoded as the headers say, or in a way unknown here
   */
  static Optional<byte[]> decode(byte[] bytes, HttpHeaders headers, int maxBytes)
      throws IOException {
    Optional<String> coding = headers.firstValue("Content-Encoding");
    if (coding.isEmpty() || bytes.length == 0) {
      return Optional.of(bytes);
    }
    return switch (coding.get().strip().toLowerCase(Locale.ROOT)) {
      case "", "identity" -> Optional.of(bytes);
      case "gzip", "x-gzip" -> inflate(bytes, maxBytes);
      default -> throw new IOException("unknown content coding");
    };
  }

  private static Optional<byte[]> inflate(byte[] bytes, int maxBytes) throws IOException {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      byte[] inflated = in.readNBytes(maxBytes);
      return in.read() < 0 ? Optional.of(inflated) : Optional.empty();
    }
  }
}
