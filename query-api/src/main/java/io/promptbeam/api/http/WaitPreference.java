package io.promptbeam.api.http;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code Prefer: wait=N} of RFC 7240. */
public final class WaitPreference {
  public static final Duration MAX = Duration.ofSeconds(30);

  private static final Pattern WAIT =
      Pattern.compile(
          "(?:^|[,;])\\s*wait\\s*=\\s*\"?(\\d{1,9})\"?\\s*(?:$|[,;])", Pattern.CASE_INSENSITIVE);

  private WaitPreference() {}

  /** Zero without a (legible) wish, {@link #MAX} at most. */
  public static Duration of(ApiRequest request) {
    Optional<String> prefer = request.header("Prefer");
    if (prefer.isEmpty()) {
      return Duration.ZERO;
    }
    Matcher matcher = WAIT.matcher(prefer.get());
    if (!matcher.find()) {
      return Duration.ZERO;
    }
    return Duration.ofSeconds(Math.min(Long.parseLong(matcher.group(1)), MAX.toSeconds()));
  }
}
