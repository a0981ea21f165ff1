package io.promptbeam.api.http;

import io.promptbeam.job.Owner;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * For a server on loopback without keys: everyone on this machine is {@link Owner#LOCAL}, except
 * web pages from elsewhere, which a browser on this machine would let in. A page that rebound its
 * name to 127.0.0.1 shows by its Host, one that posts across sites by its Origin.
 */
public final class LoopbackGate implements Gate {
  /** Literals cannot be rebound, so every address of 127.0.0.0/8 is as good as the first. */
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|\\[::1]|127(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}");

  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
  private static final Pattern HOST =
      Pattern.compile("(\\[[0-9a-f:.]+]|[^:/@\\[\\]]+)(:\\d{1,5})?");
  private static final Pattern ORIGIN = Pattern.compile("https?://(.+)");

  @Override
  public Owner admit(ApiRequest request, boolean open) {
    Optional<String> host = request.header("Host").flatMap(LoopbackGate::hostName);
    if (host.filter(name -> LOOPBACK.matcher(name).matches()).isEmpty()) {
      throw forbidden(
          "host_not_allowed",
          "This server answers localhost, 127.x.x.x and [::1] only. To serve other names, start it"
              + " with API keys.");
    }
    if (!READING.contains(request.method())) {
      Optional<String> origin = request.header("Origin");
      boolean elsewhere = origin.isPresent() && !originHost(origin.get()).equals(host);
      boolean foreign =
          elsewhere || request.header("Sec-Fetch-Site").filter("cross-site"::equals).isPresent();
      if (foreign) {
        throw forbidden(
            "cross_site_request", "Pages of other sites may not use this server from a browser.");
      }
    }
    return Owner.LOCAL;
  }

  private static Optional<String> hostName(String hostHeader) {
    Matcher matcher = HOST.matcher(hostHeader.trim().toLowerCase(Locale.ROOT));
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static Optional<String> originHost(String origin) {
    Matcher matcher = ORIGIN.matcher(origin.trim().toLowerCase(Locale.ROOT));
    return matcher.matches() ? hostName(matcher.group(1)) : Optional.empty();
  }

  private static ProblemException forbidden(String code, String detail) {
    return Problem.of(403, code, "Forbidden", detail).asException();
  }
}
