package io.promptbeam.api.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One answer; immutable, so it may be kept and sent again.
 *
 * @param body not to be modified; empty for none
 * @param stream writes a body too large to hold, after status and headers; then {@code body} is
 *     empty
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per answer would be waste
public record ApiResponse(
    int status,
    String contentType,
    byte[] body,
    Optional<BodyWriter> stream,
    List<Header> headers) {
  public static final String JSON = "application/json";
  public static final String PROBLEM_JSON = "application/problem+json";

  private static final byte[] NOTHING = {};

  /** A header line. */
  public record Header(String name, String value) {}

  /** Writes a body; blocks, and may take long. */
  @FunctionalInterface
  public interface BodyWriter {
    /**
     * Writes all of it.
     *
     * @throws IOException when the caller is gone
     */
    void writeTo(OutputStream out) throws IOException;
  }

  public ApiResponse {
    headers = List.copyOf(headers);
  }

  /** One whose body is at hand. */
  public ApiResponse(int status, String contentType, byte[] body, List<Header> headers) {
    this(status, contentType, body, Optional.empty(), headers);
  }

  /** One that is written as it is made; what fails on the way breaks the connection. */
  public static ApiResponse streamed(int status, String contentType, BodyWriter writer) {
    return new ApiResponse(status, contentType, NOTHING, Optional.of(writer), List.of());
  }

  public static ApiResponse json(int status, byte[] body) {
    return new ApiResponse(status, JSON, body, List.of());
  }

  /** No content, hence no content type. */
  public static ApiResponse empty(int status) {
    return new ApiResponse(status, "", NOTHING, List.of());
  }

  public ApiResponse with(String name, String value) {
    List<Header> more = new ArrayList<>(headers);
    more.add(new Header(name, value));
    return new ApiResponse(status, contentType, body, stream, more);
  }

  /** This answer as {@code 304}: its headers without its body. */
  public ApiResponse notModified() {
    return new ApiResponse(304, "", NOTHING, headers);
  }
}
