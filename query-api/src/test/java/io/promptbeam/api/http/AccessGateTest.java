package io.promptbeam.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.promptbeam.job.Owner;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AccessGateTest {
  private static final String TOKEN = "header.claims.signature";
  private static final String IAP = AccessGate.ASSERTION;

  private static final AccessGate.Credentials KEYS = known("key", "by-key");
  private static final AccessGate.Credentials TOKENS = known(TOKEN, "by-token");
  private static final AccessGate.Credentials ASSERTIONS = known("assertion", "by-proxy");

  private final AccessGate all =
      new AccessGate(List.of(KEYS), Optional.of(TOKENS), Optional.of(ASSERTIONS));
  private final AccessGate keysOnly =
      new AccessGate(List.of(KEYS), Optional.empty(), Optional.empty());

  private static AccessGate.Credentials known(String credential, String owner) {
    return given ->
        given.equals(credential) ? Optional.of(Caller.of(new Owner(owner))) : Optional.empty();
  }

  private record Request(String method, Map<String, String> headers) implements ApiRequest {
    @Override
    public String id() {
      return "req_1";
    }

    @Override
    public String path() {
      return "/api/llm/jobs/";
    }

    @Override
    public Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    @Override
    public String pathValue(String name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, List<String>> query() {
      return Map.of();
    }

    @Override
    public byte[] body() {
      throw new AssertionError("a body is not read before it is known whose it is");
    }

    @Override
    public InputStream bodyStream(long maxBytes) {
      throw new AssertionError("a body is not read before it is known whose it is");
    }

    @Override
    public String origin() {
      return "http://h";
    }
  }

  private static String admitted(AccessGate gate, String method, String... headers) {
    Map<String, String> all = new HashMap<>(Map.of("host", "promptbeam.example"));
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i].toLowerCase(Locale.ROOT), headers[i + 1]);
    }
    try {
      return gate.admit(new Request(method, all), false).owner().name();
    } catch (ProblemException e) {
      return e.problem().status() + " " + e.problem().code();
    }
  }

  @Test
  void key_isTaken_fromEitherHeader() {
    assertThat(admitted(keysOnly, "POST", "Authorization", "Bearer key")).isEqualTo("by-key");
    assertThat(admitted(keysOnly, "POST", "x-api-key", " key ")).isEqualTo("by-key");
    assertThat(admitted(keysOnly, "GET", "Authorization", "Basic key"))
        .isEqualTo("401 unauthorized");
    assertThat(admitted(keysOnly, "GET")).isEqualTo("401 unauthorized");
    assertThat(admitted(keysOnly, "GET", "Authorization", "Bearer " + "k".repeat(5_000)))
        .isEqualTo("401 unauthorized");
  }

  @Test
  void tokensAndAssertions_areNothing_whereTheyAreNotTaken() {
    assertThat(admitted(keysOnly, "GET", "Authorization", "Bearer " + TOKEN))
        .isEqualTo("401 unauthorized");
    assertThat(admitted(keysOnly, "GET", IAP, "assertion")).isEqualTo("401 unauthorized");
  }

  @Test
  void key_comesBeforeTheProxy_andTheProxyBeforeATokenItPassesOn() {
    assertThat(admitted(all, "GET", IAP, "assertion")).isEqualTo("by-proxy");
    assertThat(admitted(all, "GET", "Authorization", "Bearer " + TOKEN)).isEqualTo("by-token");
    assertThat(admitted(all, "GET", IAP, "assertion", "Authorization", "Bearer " + TOKEN))
        .isEqualTo("by-proxy");
    assertThat(admitted(all, "GET", IAP, "assertion", "Authorization", "Bearer key"))
        .isEqualTo("by-key");
  }

  @Test
  void wrongCredential_isNotMadeUpForByAnother() {
    assertThat(admitted(all, "GET", IAP, "assertion", "Authorization", "Bearer other"))
        .isEqualTo("401 unauthorized");
    assertThat(admitted(all, "GET", IAP, "other", "Authorization", "Bearer " + TOKEN))
        .isEqualTo("401 unauthorized");
    assertThat(admitted(all, "GET", IAP, "other")).isEqualTo("401 unauthorized");
  }

  @Test
  void otherSitesPages_cannotUseTheProxysCookie() {
    String[] foreign = {IAP, "assertion", "Origin", "https://evil.example"};
    assertThat(admitted(all, "POST", foreign)).isEqualTo("403 cross_site_request");
    assertThat(admitted(all, "POST", IAP, "assertion", "Sec-Fetch-Site", "cross-site"))
        .isEqualTo("403 cross_site_request");
    assertThat(admitted(all, "POST", IAP, "assertion", "Origin", "https://promptbeam.example"))
        .isEqualTo("by-proxy");
    assertThat(admitted(all, "POST", "x-api-key", "key", "Origin", "https://evil.example"))
        .as("a key does not come by itself")
        .isEqualTo("by-key");
  }

  @Test
  void openRoute_asksNobody() {
    Caller caller = all.admit(new Request("GET", Map.of()), true);
    assertThat(caller.scopes()).isEmpty();
    assertThat(
            catchThrowableOfType(
                ProblemException.class,
                () ->
                    Route.reading(
                            "/x",
                            (r, c) -> CompletableFuture.completedFuture(ApiResponse.empty(204)))
                        .requireScope(caller)))
        .isNotNull();
  }
}
