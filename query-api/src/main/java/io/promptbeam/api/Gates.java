package io.promptbeam.api;

import com.github.benmanes.caffeine.cache.Ticker;
import io.promptbeam.access.Scope;
import io.promptbeam.api.access.SignedTokens;
import io.promptbeam.api.access.StoredKeys;
import io.promptbeam.api.http.AccessGate;
import io.promptbeam.api.http.AccessGate.Credentials;
import io.promptbeam.api.http.Gate;
import io.promptbeam.api.http.LoopbackGate;
import io.promptbeam.job.Sha256;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.JobStore;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Makes of a configuration what it means for who comes in. */
final class Gates {
  private Gates() {}

  static Gate of(ApiConfig config, JobStore store, Clock clock) {
    Access access = config.access();
    if (access.isByLoopback()) {
      return new LoopbackGate(
          access.localIsAdmin() ? Set.of(Scope.SUBMIT, Scope.READ, Scope.ADMIN) : Scope.DEFAULT);
    }
    List<Credentials> keys = new ArrayList<>();
    access.keys().ifPresent(keys::add);
    if (access.storedKeys()) {
      keys.add(
          new StoredKeys(
              new IssuedKeys(store.apiKeys(), clock),
              clock,
              Ticker.systemTicker(),
              config.storeTimeout(),
              Math.max(1, config.limits().maxThreads() / 4)));
    }
    return new AccessGate(
        keys,
        access.tokens().map(trust -> tokens(trust, clock)),
        access.assertions().map(trust -> tokens(trust, clock)));
  }

  private static Credentials tokens(Access.Trust trust, Clock clock) {
    return new SignedTokens(trust.tokens(), trust.principals(), clock, Ticker.systemTicker());
  }

  /**
   * What page tokens are signed with, the same for all processes that take the same callers: made
   * of the keys where they are the ones of a file, else kept in the store.
   */
  static Supplier<CompletableFuture<byte[]>> tokenSecret(ApiConfig config, JobStore store) {
    Access access = config.access();
    boolean onlyFile =
        !access.storedKeys() && access.tokens().isEmpty() && access.assertions().isEmpty();
    if (!onlyFile) {
      return () -> store.apiKeys().sharedSecret();
    }
    byte[] secret =
        access
            .keys()
            .map(ApiKeys::tokenSecret)
            .orElseGet(() -> Sha256.of("loopback".getBytes(StandardCharsets.UTF_8)));
    return () -> CompletableFuture.completedFuture(secret);
  }
}
