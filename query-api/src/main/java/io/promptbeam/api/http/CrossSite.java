package io.promptbeam.api.http;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps web pages from elsewhere from using what a browser is let in with by itself: that it runs
 * on this machine, or a cookie of the proxy before this server.
 */
final class CrossSite {
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
  private static final Pattern HOST =
      Pattern.compile("(\\[[0-9a-f:.]+]|[^:/@\\[\\]]+)(:\\d{1,5})?");
  private static final Pattern ORIGIN = Pattern.compile("https?://(.+)");

  private CrossSite() {}

  /** Ends a request that changes something for a page of another site. */
  static void refuse(ApiRequest request) {
    if (READING.contains(request.method())) {
      return;
    }
    Optional<String> origin = request.header("Origin");
    boolean elsewhere = origin.isPresent() && !originHost(origin.get()).equals(hostOf(request));
    if (elsewhere || request.header("Sec-Fetch-Site").filter("cross-site"::equals).isPresent()) {
      throw Problem.of(
              403,
              "cross_site_request",
              "Forbidden",
              "Pages of other sites may not use this server from a browser.")
          .asException();
    }
  }

  /** The host that the request names, without port. */
  static Optional<String> hostOf(ApiRequest request) {
    return request.header("Host").flatMap(CrossSite::hostName);
  }

  private static Optional<String> hostName(String hostHeader) {
    Matcher matcher = HOST.matcher(hostHeader.trim().toLowerCase(Locale.ROOT));
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static Optional<String> originHost(String origin) {
    Matcher matcher = ORIGIN.matcher(origin.trim().toLowerCase(Locale.ROOT));
    return matcher.matches() ? hostName(matcher.group(1)) : Optional.empty();
  }
}
