package io.promptbeam.api.http;

import io.promptbeam.job.Owner;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets in who presents a known key as {@code Authorization: Bearer KEY}, or {@code x-api-key: KEY}
 * as clients of Anthropic do.
 */
public final class KeyGate implements Gate {
  private static final Pattern BEARER =
      Pattern.compile("bearer +([\\x21-\\x7E]{1,512}) *", Pattern.CASE_INSENSITIVE);

  private final Function<String, Optional<Owner>> ownerOfKey;

  public KeyGate(Function<String, Optional<Owner>> ownerOfKey) {
    this.ownerOfKey = ownerOfKey;
  }

  @Override
  public Owner admit(ApiRequest request, boolean open) {
    if (open) {
      return Owner.LOCAL;
    }
    Optional<String> apiKey = request.header("x-api-key");
    Optional<String> authorization =
        request.header("Authorization").or(() -> apiKey.map(key -> "Bearer " + key.strip()));
    if (authorization.isEmpty()) {
      throw unauthorized("Bearer", "Send your API key as Authorization: Bearer KEY.");
    }
    Matcher bearer = BEARER.matcher(authorization.get());
    return (bearer.matches() ? ownerOfKey.apply(bearer.group(1)) : Optional.<Owner>empty())
        .orElseThrow(
            () ->
                unauthorized(
                    "Bearer error=\"invalid_token\"", "The API key is not known to this server."));
  }

  private static ProblemException unauthorized(String challenge, String detail) {
    return Problem.of(401, "unauthorized", "Unauthorized", detail)
        .withHeader("WWW-Authenticate", challenge)
        .asException();
  }
}
