package io.promptbeam.api.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.promptbeam.access.IssuedKey;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.Scope;
import io.promptbeam.api.http.ApiResponse.Header;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StoredKeysTest {
  private static final Owner ANN = new Owner("ann");
  private static final int MAX_NEWCOMERS = 2;

  private final InMemoryApiKeyStore memory = new InMemoryApiKeyStore();
  private final AtomicInteger reads = new AtomicInteger();
  private volatile Instant now = Instant.parse("2026-11-23T10:00:00Z");
  private volatile Optional<CompletableFuture<Optional<KeyRing>>> answer = Optional.empty();

  private volatile CountDownLatch asked = new CountDownLatch(0);

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
          CompletableFuture<Optional<KeyRing>> read = answer.orElseGet(() -> memory.read(id));
          asked.countDown();
          return read;
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
  private final StoredKeys keys = keys(Duration.ofMillis(50));
  private final ExecutorService pool = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    pool.shutdownNow();
  }

  private StoredKeys keys(Duration patience) {
    return new StoredKeys(
        new IssuedKeys(store, clock),
        clock,
        () -> Duration.between(Instant.EPOCH, now).toNanos(),
        patience,
        MAX_NEWCOMERS);
  }

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

  @Test
  void revokedKey_isRefusedInTime_howeverSlowTheLookUpWas() {
    IssuedKey key = create(Optional.empty());
    String text = key.text().reveal();
    Optional<KeyRing> before = memory.read(key.key().id().ring()).join();
    CompletableFuture<Optional<KeyRing>> slow = new CompletableFuture<>();
    answer = Optional.of(slow);
    assertThatThrownBy(() -> keys.callerOf(text)).isInstanceOf(StoreUnavailableException.class);
    issued.revoke(key.key().id()).join();
    answer = Optional.empty();
    now = now.plusSeconds(4);
    slow.complete(before);
    assertThat(keys.callerOf(text)).as("4 s after").isPresent();
    now = now.plusSeconds(1);
    assertThat(keys.callerOf(text)).as("5 s after").isEmpty();
  }

  @Test
  void lookUpOfBefore_isNotWaitedForNorRemembered_whenItTakesTooLong() {
    IssuedKey key = create(Optional.empty());
    String text = key.text().reveal();
    Optional<KeyRing> before = memory.read(key.key().id().ring()).join();
    CompletableFuture<Optional<KeyRing>> slow = new CompletableFuture<>();
    answer = Optional.of(slow);
    assertThatThrownBy(() -> keys.callerOf(text)).isInstanceOf(StoreUnavailableException.class);
    issued.revoke(key.key().id()).join();
    answer = Optional.empty();
    now = now.plus(StoredKeys.REMEMBERED);
    assertThat(keys.callerOf(text)).isEmpty();
    slow.complete(before);
    assertThat(keys.callerOf(text)).isEmpty();
    assertThat(reads).hasValue(2);
  }

  @Test
  void madeUpKeys_holdFewThreads_andNoneOfThoseThatWereGood() throws Exception {
    IssuedKey good = create(Optional.empty());
    String text = good.text().reveal();
    StoredKeys patient = keys(Duration.ofSeconds(10));
    assertThat(patient.callerOf(text)).isPresent();
    CompletableFuture<Optional<KeyRing>> slow = new CompletableFuture<>();
    answer = Optional.of(slow);
    asked = new CountDownLatch(MAX_NEWCOMERS);
    List<CompletableFuture<Optional<Caller>>> waiting =
        Stream.of("1", "2")
            .map(digit -> CompletableFuture.supplyAsync(() -> patient.callerOf(junk(digit)), pool))
            .toList();
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
    answer = Optional.empty();

    Problem busy =
        catchThrowableOfType(ProblemException.class, () -> patient.callerOf(junk("3"))).problem();
    assertThat(busy.status()).isEqualTo(503);
    assertThat(busy.headers()).extracting(Header::name).contains("Retry-After");
    assertThat(reads).hasValue(1 + MAX_NEWCOMERS);
    assertThat(patient.callerOf(text)).as("remembered").isPresent();
    now = now.plus(StoredKeys.REMEMBERED);
    assertThat(patient.callerOf(text)).as("good before").isPresent();
    String otherSecret = text.substring(0, text.length() - 1) + (text.endsWith("A") ? "E" : "A");
    now = now.plus(StoredKeys.REMEMBERED);
    assertThatThrownBy(() -> patient.callerOf(otherSecret)).isInstanceOf(ProblemException.class);

    slow.complete(Optional.empty());
    assertThat(waiting).allSatisfy(call -> assertThat(call.join()).isEmpty());
    assertThat(patient.callerOf(junk("3"))).as("its place is free again").isEmpty();
  }

  private static String junk(String digit) {
    return "pb_" + digit.repeat(16) + "-1_" + "A".repeat(43);
  }
}
