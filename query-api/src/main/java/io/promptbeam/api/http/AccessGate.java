package io.promptbeam.api.http;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets in who presents a known key or token as {@code Authorization: Bearer KEY}, or {@code
 * x-api-key: KEY} as clients of Anthropic do; and, behind Identity-Aware Proxy, who the proxy
 * vouches for.
 */
public final class AccessGate implements Gate {
  /** Who a key or token stands for. */
  @FunctionalInterface
  public interface Credentials {
    /**
     * Empty when it is not known here, for whatever reason. May block.
     *
     * @throws ProblemException when it is known, but lets nobody in
     */
    Optional<Caller> callerOf(String credential);
  }

  /** Where Identity-Aware Proxy says who sends a request. */
  public static final String ASSERTION = "x-goog-iap-jwt-assertion";

  private static final Pattern BEARER =
      Pattern.compile("bearer +([\\x21-\\x7E]{1,4096}) *", Pattern.CASE_INSENSITIVE);
  private static final Pattern TOKEN = Pattern.compile("[\\w-]+\\.[\\w-]+\\.[\\w-]*");

  private final List<Credentials> keys;
  private final Optional<Credentials> tokens;
  private final Optional<Credentials> assertions;

  /**
   * @param keys asked in this order
   * @param tokens signed ID tokens; empty where none are taken
   * @param assertions of Identity-Aware Proxy; empty where it is not before this server
   */
  public AccessGate(
      List<Credentials> keys, Optional<Credentials> tokens, Optional<Credentials> assertions) {
    this.keys = List.copyOf(keys);
    this.tokens = tokens;
    this.assertions = assertions;
  }

  @Override
  public Caller admit(ApiRequest request, boolean open) {
    if (open) {
      return Caller.ANYONE;
    }
    Optional<String> authorization =
        request
            .header("Authorization")
            .or(() -> request.header("x-api-key").map(key -> "Bearer " + key.strip()));
    Optional<String> bearer = authorization.map(AccessGate::credential);
    boolean isToken = bearer.filter(text -> TOKEN.matcher(text).matches()).isPresent();
    Optional<String> assertion = request.header(ASSERTION).filter(a -> assertions.isPresent());
    // The proxy may pass on the token that it was itself shown; a key is meant for this server.
    if (assertion.isPresent() && (isToken || bearer.isEmpty())) {
      CrossSite.refuse(request);
      return assertions
          .flatMap(iap -> iap.callerOf(assertion.get()))
          .orElseThrow(() -> invalid("The proxy's assertion is not valid for this server."));
    }
    if (bearer.isEmpty()) {
      throw unauthorized("Bearer", "Send your API key as Authorization: Bearer KEY.");
    }
    return caller(bearer.get(), isToken)
        .orElseThrow(
            () ->
                invalid(
                    isToken && tokens.isPresent()
                        ? "The token is not valid for this server: look at its audience and expiry."
                        : "The API key is not known to this server, or it has ended."));
  }

  private Optional<Caller> caller(String credential, boolean isToken) {
    for (Credentials known : keys) {
      Optional<Caller> caller = known.callerOf(credential);
      if (caller.isPresent()) {
        return caller;
      }
    }
    return isToken ? tokens.flatMap(known -> known.callerOf(credential)) : Optional.empty();
  }

  /** Empty where there is none in the header: nothing is known by that. */
  private static String credential(String authorization) {
    Matcher bearer = BEARER.matcher(authorization);
    return bearer.matches() ? bearer.group(1) : "";
  }

  private static ProblemException invalid(String detail) {
    return unauthorized("Bearer error=\"invalid_token\"", detail);
  }

  private static ProblemException unauthorized(String challenge, String detail) {
    return Problem.of(401, "unauthorized", "Unauthorized", detail)
        .withHeader("WWW-Authenticate", challenge)
        .asException();
  }
}
