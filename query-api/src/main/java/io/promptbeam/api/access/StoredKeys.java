package io.promptbeam.api.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.promptbeam.access.ApiKey;
import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyText;
import io.promptbeam.api.http.AccessGate;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.StoreUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Lets keys of the store in. A request is judged by a lookup that began less than {@link
 * #REMEMBERED} before it, so that long after a revocation, at most, the key still opens, however
 * slow the store is; that there is no such key holds as long. Thread-safe; blocks while the store
 * is asked.
 */
public final class StoredKeys implements AccessGate.Credentials {
  /** How long a revoked key may go on, in a process that has just used it. */
  public static final Duration REMEMBERED = Duration.ofSeconds(5);

  private static final int MAX_REMEMBERED = 10_000;

  private record Found(Optional<ApiKey> key, long askedAtNanos) {
    Found orLater(Found other) {
      return other.askedAtNanos - askedAtNanos > 0 ? other : this;
    }
  }

  private record Lookup(CompletableFuture<Optional<ApiKey>> key, long askedAtNanos) {}

  private final IssuedKeys keys;
  private final Cache<KeyId, Found> found =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();
  private final Map<KeyId, Lookup> lookups = new ConcurrentHashMap<>();
  private final Clock clock;
  private final Ticker ticker;
  private final Duration patience;
  private final Semaphore newcomers;

  /**
   * @param patience how long the store may take
   * @param maxNewcomers calls that may wait for the store at a time with keys that have not been
   *     good here before, which anyone can make up
   */
  public StoredKeys(
      IssuedKeys keys, Clock clock, Ticker ticker, Duration patience, int maxNewcomers) {
    this.keys = keys;
    this.clock = clock;
    this.ticker = ticker;
    this.patience = patience;
    newcomers = new Semaphore(maxNewcomers);
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
                find(text)
                    .filter(key -> opens(key, text))
                    .map(key -> new Caller(key.owner(), key.scopes())));
  }

  private boolean opens(ApiKey key, KeyText text) {
    return key.isOf(text) && key.isLive(clock.instant());
  }

  private boolean isRecent(long askedAtNanos) {
    return ticker.read() - askedAtNanos < REMEMBERED.toNanos();
  }

  private Optional<ApiKey> find(KeyText text) {
    Optional<Found> last = Optional.ofNullable(found.getIfPresent(text.id()));
    if (last.isPresent() && isRecent(last.get().askedAtNanos())) {
      return last.get().key();
    }
    if (last.flatMap(Found::key).filter(key -> opens(key, text)).isPresent()) {
      return lookUp(text.id());
    }
    if (!newcomers.tryAcquire()) {
      throw busy();
    }
    try {
      return lookUp(text.id());
    } finally {
      newcomers.release();
    }
  }

  private static ProblemException busy() {
    return Problem.of(
            503,
            "too_many_key_lookups",
            "Too many key lookups",
            "The server is looking up as many new keys as it can. Try again.")
        .withHeader("Retry-After", "1")
        .asException();
  }

  /** Once for all who ask soon after; a failure is not remembered. */
  private Optional<ApiKey> lookUp(KeyId id) {
    Lookup lookup =
        lookups.compute(
            id,
            (same, running) ->
                running != null && isRecent(running.askedAtNanos()) ? running : start(id));
    try {
      return lookup
          .key()
          .whenComplete(
              (key, failure) -> {
                if (failure == null) {
                  found.asMap().merge(id, new Found(key, lookup.askedAtNanos()), Found::orLater);
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

  private Lookup start(KeyId id) {
    long askedAtNanos = ticker.read();
    return new Lookup(keys.find(id), askedAtNanos);
  }
}
