package io.promptbeam.api.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.promptbeam.access.ApiKey;
import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyText;
import io.promptbeam.api.http.AccessGate;
import io.promptbeam.api.http.Caller;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.StoreUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Lets keys of the store in. What was looked up holds for {@link #REMEMBERED}, so that long after a
 * revocation, at most, the key still opens; so does that there is none. Thread-safe; blocks while
 * the store is asked.
 */
public final class StoredKeys implements AccessGate.Credentials {
  /** How long a revoked key may go on, in a process that has just used it. */
  public static final Duration REMEMBERED = Duration.ofSeconds(5);

  private static final int MAX_REMEMBERED = 10_000;

  private final IssuedKeys keys;
  private final Cache<KeyId, Optional<ApiKey>> found;
  private final Map<KeyId, CompletableFuture<Optional<ApiKey>>> lookups = new ConcurrentHashMap<>();
  private final Clock clock;
  private final Duration patience;

  /**
   * @param patience how long the store may take
   */
  public StoredKeys(IssuedKeys keys, Clock clock, Ticker ticker, Duration patience) {
    this.keys = keys;
    this.clock = clock;
    this.patience = patience;
    found =
        Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterWrite(REMEMBERED)
            .ticker(ticker)
            .build();
  }

  /**
   * Tells nothing of why a key is not taken.
   *
   * @throws StoreUnavailableException when the store does not answer
   */
  @Override
  public Optional<Caller> callerOf(String credential) {
    return KeyText.parse(credential)
        .flatMap(
            text ->
                find(text.id())
                    .filter(key -> key.isOf(text) && key.isLive(clock.instant()))
                    .map(key -> new Caller(key.owner(), key.scopes())));
  }

  private Optional<ApiKey> find(KeyId id) {
    Optional<Optional<ApiKey>> known = Optional.ofNullable(found.getIfPresent(id));
    return known.orElseGet(() -> lookUp(id));
  }

  /** Once for all who ask meanwhile; a failure is not remembered. */
  private Optional<ApiKey> lookUp(KeyId id) {
    CompletableFuture<Optional<ApiKey>> lookup = lookups.computeIfAbsent(id, keys::find);
    try {
      return lookup
          .whenComplete(
              (key, failure) -> {
                if (failure == null) {
                  found.put(id, key);
                }
                lookups.remove(id, lookup);
              })
          .get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException("keys cannot be looked up", e);
    } catch (TimeoutException e) {
      throw new StoreUnavailableException("The store does not answer in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("Stopped while the store was asked", e);
    }
  }
}
