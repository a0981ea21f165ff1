package io.promptbeam.api.http;

import io.promptbeam.api.http.ApiResponse.Header;
import java.util.List;

/** What every answer tells browsers, whatever route or failure it comes of. */
public final class SecurityHeaders {
  /** For data: should a browser show it after all, it loads, runs and submits nothing. */
  public static final String DATA_POLICY =
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

  /** For pages: scripts and styles are files of this server, none stands in the page. */
  public static final String PAGE_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self';"
          + " frame-ancestors 'none'";

  private static final List<Header> EVERYWHERE =
      List.of(
          new Header("X-Content-Type-Options", "nosniff"),
          new Header("X-Frame-Options", "DENY"),
          new Header("Referrer-Policy", "no-referrer"),
          new Header("Cross-Origin-Resource-Policy", "same-origin"),
          // An answer that may be kept says so itself.
          new Header("Cache-Control", "no-store"));

  private SecurityHeaders() {}

  /** Those that do not depend on the answer; an answer's own of the same name count instead. */
  public static List<Header> everywhere() {
    return EVERYWHERE;
  }

  /** The Content-Security-Policy of an answer. */
  public static Header policy(String contentType) {
    return new Header(
        "Content-Security-Policy", contentType.startsWith("text/html") ? PAGE_POLICY : DATA_POLICY);
  }
}
