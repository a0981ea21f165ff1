package io.promptbeam.api.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SigningKeysTest {
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final AtomicInteger fetches = new AtomicInteger();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answered = new CountDownLatch(1);
  private volatile long now;
  private volatile boolean slow;

  private final ECKey old;
  private final ECKey next;
  private final SigningKeys keys;

  SigningKeysTest() throws Exception {
    old = new ECKeyGenerator(Curve.P_256).keyID("old").generate();
    next = new ECKeyGenerator(Curve.P_256).keyID("next").generate();
    keys = new SigningKeys(this::fetch, () -> now);
  }

  @AfterEach
  void stop() {
    pool.shutdownNow();
  }

  private JWKSet fetch() throws IOException {
    fetches.incrementAndGet();
    if (!slow) {
      return new JWKSet(old);
    }
    asked.countDown();
    try {
      assertThat(answered.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    return new JWKSet(List.of(old, next));
  }

  private List<JWK> get(String id) {
    try {
      return keys.get(new JWKSelector(new JWKMatcher.Builder().keyID(id).build()), null);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private CompletableFuture<List<JWK>> asking(String id) {
    return CompletableFuture.supplyAsync(() -> get(id), pool);
  }

  @Test
  void oneFetches_andOthersGoByTheKeysOfBefore() throws Exception {
    assertThat(get("old")).containsExactly(old);
    slow = true;
    now = SigningKeys.KEPT.toNanos();
    CompletableFuture<List<JWK>> first = asking("old");
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(get("old")).as("without waiting").containsExactly(old);
    CompletableFuture<List<JWK>> another = asking("next");
    assertThat(first).isNotDone();
    answered.countDown();
    assertThat(another.get(10, TimeUnit.SECONDS)).as("found by the same fetch").contains(next);
    assertThat(first.get(10, TimeUnit.SECONDS)).containsExactly(old);
    assertThat(fetches).hasValue(2);
  }

  @Test
  void unknownKeys_areAskedForOnceInAWhile() {
    for (int i = 0; i < 5; i++) {
      assertThat(get("x" + i)).isEmpty();
    }
    assertThat(fetches).hasValue(1);
    now = SigningKeys.FETCH_INTERVAL.toNanos();
    for (int i = 0; i < 5; i++) {
      assertThat(get("x" + i)).isEmpty();
    }
    assertThat(fetches).hasValue(2);
  }
}
