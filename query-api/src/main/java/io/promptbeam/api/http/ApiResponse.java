package io.promptbeam.api.http;

import java.util.ArrayList;
import java.util.List;

/**
 * One answer; immutable, so it may be kept and sent again.
 *
 * @param body not to be modified; empty for none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per answer would be waste
public record ApiResponse(int status, String contentType, byte[] body, List<Header> headers) {
  public static final String JSON = "application/json";
  public static final String PROBLEM_JSON = "application/problem+json";

  private static final byte[] NOTHING = {};

  /** A header line. */
  public record Header(String name, String value) {}

  public ApiResponse {
    headers = List.copyOf(headers);
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
    return new ApiResponse(status, contentType, body, more);
  }

  /** This answer as {@code 304}: its headers without its body. */
  public ApiResponse notModified() {
    return new ApiResponse(304, "", NOTHING, headers);
  }
}
