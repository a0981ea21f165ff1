package io.promptbeam.store;

import io.promptbeam.access.ApiKey;
import io.promptbeam.access.IssuedKey;
import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyRefusedException;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.KeyText;
import io.promptbeam.access.Scope;
import io.promptbeam.job.Owner;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Issues, lists and revokes keys. Thread-safe, never blocks; fails as {@link JobStore} does, and
 * with {@link KeyRefusedException} where the rules of {@link KeyRing} forbid it.
 */
public final class IssuedKeys {
  /** Each is lost to another writer of the same ring; nobody creates keys that fast. */
  private static final int MAX_TRIES = 20;

  private static final Comparator<ApiKey> BY_OWNER_AND_NAME =
      Comparator.comparing((ApiKey key) -> key.owner().name())
          .thenComparing(ApiKey::name)
          .thenComparing(key -> key.id().number());

  private final ApiKeyStore store;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  public IssuedKeys(ApiKeyStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** The key's text is in the answer, and nowhere else. */
  public CompletableFuture<IssuedKey> create(KeyRequest request) {
    return create(request, MAX_TRIES);
  }

  private CompletableFuture<IssuedKey> create(KeyRequest request, int triesLeft) {
    return store
        .read(KeyRing.idOf(request.owner(), request.name()))
        .thenCompose(
            found -> {
              KeyRing ring = found.orElseGet(() -> KeyRing.none(request.owner(), request.name()));
              requireOwn(ring, request);
              Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
              IssuedKey issued = issue(ring, request, now);
              KeyRing next;
              try {
                next = with(ring, issued.key(), request, now);
              } catch (KeyRefusedException e) {
                return CompletableFuture.failedFuture(e);
              }
              return store
                  .write(next)
                  .thenCompose(
                      done ->
                          done
                              ? CompletableFuture.completedFuture(issued)
                              : again(triesLeft, () -> create(request, triesLeft - 1)));
            });
  }

  private IssuedKey issue(KeyRing ring, KeyRequest request, Instant now) {
    KeyText text = KeyText.of(ring.nextId(), random);
    ApiKey key =
        new ApiKey(
            text.id(),
            request.owner(),
            request.name(),
            request.scopes().orElseGet(() -> usualScopes(ring, request, now)),
            text.sha256(),
            now,
            request.lifetime().map(now::plus),
            Optional.empty());
    return new IssuedKey(key, text);
  }

  private static Set<Scope> usualScopes(KeyRing ring, KeyRequest request, Instant now) {
    List<ApiKey> live = ring.live(now);
    return request.rotation().isEmpty() || live.isEmpty()
        ? Scope.DEFAULT
        : live.get(live.size() - 1).scopes();
  }

  private static KeyRing with(KeyRing ring, ApiKey key, KeyRequest request, Instant now)
      throws KeyRefusedException {
    return request.rotation().isEmpty()
        ? ring.started(key, now)
        : ring.rotated(key, request.rotation().get().oldLivesFor().map(now::plus), now);
  }

  /** Two names would have to meet in half a hash. */
  private static void requireOwn(KeyRing ring, KeyRequest request) {
    if (!ring.owner().equals(request.owner()) || !ring.name().equals(request.name())) {
      throw new IllegalStateException("two owners' keys share a row; choose another name");
    }
  }

  /** By owner, then name, then age; those that ended too, as long as they are kept. */
  public CompletableFuture<List<ApiKey>> list(Optional<Owner> owner) {
    return store
        .all()
        .thenApply(
            rings ->
                rings.stream()
                    .flatMap(ring -> ring.keys().stream())
                    .filter(key -> owner.isEmpty() || key.owner().equals(owner.get()))
                    .sorted(BY_OWNER_AND_NAME)
                    .toList());
  }

  /** The key that has this id, whatever its state. */
  public CompletableFuture<Optional<ApiKey>> find(KeyId id) {
    return store.read(id.ring()).thenApply(ring -> ring.flatMap(found -> found.find(id)));
  }

  /** Revoking twice is revoking once. Empty when there is no such key. */
  public CompletableFuture<Optional<ApiKey>> revoke(KeyId id) {
    return revoke(id, MAX_TRIES);
  }

  private CompletableFuture<Optional<ApiKey>> revoke(KeyId id, int triesLeft) {
    return store
        .read(id.ring())
        .thenCompose(
            found -> {
              Optional<ApiKey> key = found.flatMap(ring -> ring.find(id));
              if (key.isEmpty() || key.get().revokedAt().isPresent()) {
                return CompletableFuture.completedFuture(key);
              }
              KeyRing next =
                  found.get().revoked(id, clock.instant().truncatedTo(ChronoUnit.MILLIS));
              return store
                  .write(next)
                  .thenCompose(
                      done ->
                          done
                              ? CompletableFuture.completedFuture(next.find(id))
                              : again(triesLeft, () -> revoke(id, triesLeft - 1)));
            });
  }

  private static <T> CompletableFuture<T> again(
      int triesLeft, Supplier<CompletableFuture<T>> next) {
    return triesLeft > 1
        ? next.get()
        : CompletableFuture.failedFuture(
            new StoreUnavailableException(
                "the keys are being changed all the time", new IllegalStateException()));
  }
}
