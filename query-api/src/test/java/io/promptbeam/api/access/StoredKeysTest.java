package io.promptbeam.api.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.access.IssuedKey;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.Scope;
import io.promptbeam.api.http.Caller;
import io.promptbeam.job.Owner;
import io.promptbeam.store.ApiKeyStore;
import io.promptbeam.store.InMemoryApiKeyStore;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StoredKeysTest {
  private static final Owner ANN = new Owner("ann");

  private final InMemoryApiKeyStore memory = new InMemoryApiKeyStore();
  private final AtomicInteger reads = new AtomicInteger();
  private volatile Instant now = Instant.parse("2026-11-23T10:00:00Z");
  private volatile Optional<CompletableFuture<Optional<KeyRing>>> answer = Optional.empty();

  private final Clock clock =
      new Clock() {
        @Override
        public Instant instant() {
          return now;
        }

        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          return this;
        }
      };

  private final ApiKeyStore store =
      new ApiKeyStore() {
        @Override
        public CompletableFuture<Optional<KeyRing>> read(String id) {
          reads.incrementAndGet();
          return answer.orElseGet(() -> memory.read(id));
        }

        @Override
        public CompletableFuture<List<KeyRing>> all() {
          return memory.all();
        }

        @Override
        public CompletableFuture<Boolean> write(KeyRing ring) {
          return memory.write(ring);
        }

        @Override
        public CompletableFuture<byte[]> sharedSecret() {
          return memory.sharedSecret();
        }
      };

  private final IssuedKeys issued = new IssuedKeys(memory, clock);
  private final StoredKeys keys =
      new StoredKeys(
          new IssuedKeys(store, clock),
          clock,
          () -> Duration.between(Instant.EPOCH, now).toNanos(),
          Duration.ofMillis(50));

  private IssuedKey create(Optional<Duration> lifetime) {
    return issued
        .create(new KeyRequest(ANN, "ci", Optional.empty(), lifetime, Optional.empty()))
        .join();
  }

  @Test
  void key_opens_andIsAskedForOnceInAWhile() {
    String key = create(Optional.empty()).text().reveal();
    for (int i = 0; i < 5; i++) {
      assertThat(keys.callerOf(key)).contains(new Caller(ANN, Scope.DEFAULT));
    }
    assertThat(reads).hasValue(1);
    now = now.plus(StoredKeys.REMEMBERED);
    assertThat(keys.callerOf(key)).isPresent();
    assertThat(reads).hasValue(2);
  }

  @Test
  void revokedKey_isRefused_withinTheTimeItIsRemembered() {
    IssuedKey key = create(Optional.empty());
    assertThat(keys.callerOf(key.text().reveal())).isPresent();
    issued.revoke(key.key().id()).join();
    assertThat(StoredKeys.REMEMBERED).isLessThanOrEqualTo(Duration.ofSeconds(10));
    now = now.plus(StoredKeys.REMEMBERED);
    assertThat(keys.callerOf(key.text().reveal())).isEmpty();
  }

  @Test
  void expiredKey_isRefusedAtOnce() {
    String key = create(Optional.of(Duration.ofSeconds(3))).text().reveal();
    assertThat(keys.callerOf(key)).isPresent();
    now = now.plusSeconds(3);
    assertThat(keys.callerOf(key)).isEmpty();
    assertThat(reads).hasValue(1);
  }

  @Test
  void unknownKeys_areRememberedToo_andOthersNotLookedUp() {
    String good = create(Optional.empty()).text().reveal();
    String unknown = good.replaceFirst("pb_[0-9a-f]{16}", "pb_0123456789abcdef");
    String otherSecret = good.substring(0, good.length() - 1) + (good.endsWith("A") ? "E" : "A");
    for (int i = 0; i < 3; i++) {
      assertThat(keys.callerOf(unknown)).isEmpty();
      assertThat(keys.callerOf(otherSecret)).isEmpty();
    }
    assertThat(reads).hasValue(2);
    for (String garbage : List.of("", "x", "pb_", good + "A", good.replace("pb_", "sk_"))) {
      assertThat(keys.callerOf(garbage)).isEmpty();
    }
    assertThat(reads).hasValue(2);
  }

  @Test
  void outage_isNoRefusal_andNotRemembered() {
    String key = create(Optional.empty()).text().reveal();
    answer =
        Optional.of(
            CompletableFuture.failedFuture(
                new StoreUnavailableException("down", new IOException("down"))));
    assertThatThrownBy(() -> keys.callerOf(key)).isInstanceOf(StoreUnavailableException.class);
    answer = Optional.of(new CompletableFuture<>());
    assertThatThrownBy(() -> keys.callerOf(key)).isInstanceOf(StoreUnavailableException.class);
    answer
        .orElseThrow()
        .completeExceptionally(new StoreUnavailableException("late", new IOException("late")));
    answer = Optional.empty();
    assertThat(keys.callerOf(key)).isPresent();
  }
}
