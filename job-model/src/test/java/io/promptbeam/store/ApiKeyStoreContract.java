package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.access.ApiKey;
import io.promptbeam.access.IssuedKey;
import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyRefusedException;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.KeyText;
import io.promptbeam.access.Scope;
import io.promptbeam.job.Owner;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every store of keys does, seen through {@link IssuedKeys}. */
abstract class ApiKeyStoreContract {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
  private static int owners;

  private final Owner ann = new Owner("ann" + owners++);
  private final Owner bob = new Owner("bob" + owners++);
  private final List<AutoCloseable> open = new ArrayList<>();

  /** On the same tables each time. */
  abstract JobStore open();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private ApiKeyStore store() {
    JobStore store = open();
    open.add(store);
    return store.apiKeys();
  }

  private static IssuedKeys at(ApiKeyStore store, Instant now) {
    return new IssuedKeys(store, Clock.fixed(now, ZoneOffset.UTC));
  }

  private static KeyRequest first(Owner owner) {
    return new KeyRequest(
        owner, "ci", Optional.empty(), Optional.of(Duration.ofDays(90)), Optional.empty());
  }

  private static KeyRequest rotation(Owner owner, Optional<Duration> oldLivesFor) {
    return new KeyRequest(
        owner,
        "ci",
        Optional.empty(),
        Optional.empty(),
        Optional.of(new KeyRequest.Rotation(oldLivesFor)));
  }

  private static Optional<ApiKey> opened(IssuedKeys keys, KeyText text) {
    return keys.find(text.id()).join().filter(key -> key.isOf(text));
  }

  private static String refusal(CompletableFuture<?> creation) {
    try {
      creation.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof KeyRefusedException refused) {
        return refused.code();
      }
      throw e;
    }
    throw new AssertionError("it was not refused");
  }

  @Test
  void key_isFoundByItsText_andNeverStoredWithIt() {
    ApiKeyStore store = store();
    IssuedKey issued = at(store, NOW).create(first(ann)).join();
    assertThat(issued.text().reveal()).matches("pb_[0-9a-f]{16}-1_[A-Za-z0-9_-]{43}");
    IssuedKeys elsewhere = at(store(), NOW);
    ApiKey found = opened(elsewhere, issued.text()).orElseThrow();
    assertThat(found).isEqualTo(issued.key());
    assertThat(found.owner()).isEqualTo(ann);
    assertThat(found.scopes()).containsExactlyInAnyOrder(Scope.READ, Scope.SUBMIT);
    assertThat(found.expiresAt()).contains(NOW.plus(Duration.ofDays(90)));
    String secret = issued.text().reveal().substring(issued.text().reveal().length() - 43);
    assertThat(store.read(found.id().ring()).join().orElseThrow().toString())
        .doesNotContain(issued.text().reveal(), secret);
    assertThat(issued.toString()).doesNotContain(issued.text().reveal());
  }

  @Test
  void otherSecretOfTheSameId_opensNothing() {
    IssuedKeys keys = at(store(), NOW);
    String text = keys.create(first(ann)).join().text().reveal();
    String other = text.substring(0, text.length() - 1) + (text.endsWith("A") ? "B" : "A");
    assertThat(opened(keys, KeyText.parse(other).orElseThrow())).isEmpty();
    assertThat(opened(keys, KeyText.parse(text.replace("-1_", "-2_")).orElseThrow())).isEmpty();
  }

  @Test
  void third_isRefused_whileTwoLive_untilOneIsRevoked() {
    IssuedKeys keys = at(store(), NOW);
    KeyId old = keys.create(first(ann)).join().key().id();
    assertThat(refusal(keys.create(first(ann)))).isEqualTo("key_exists");
    ApiKey second = keys.create(rotation(ann, Optional.empty())).join().key();
    assertThat(second.id()).isEqualTo(new KeyId(old.ring(), 2));
    assertThatThrownBy(() -> keys.create(rotation(ann, Optional.empty())).join())
        .hasRootCauseInstanceOf(KeyRefusedException.class)
        .hasMessageContaining("Revoke the old one, " + old);
    keys.revoke(old).join();
    assertThat(keys.create(rotation(ann, Optional.empty())).join().key().id().number())
        .isEqualTo(3);
    assertThat(refusal(keys.create(rotation(bob, Optional.empty())))).isEqualTo("no_key_to_rotate");
  }

  @Test
  void rotation_keepsScopes_andEndsTheOldKeyInTime() {
    ApiKeyStore store = store();
    IssuedKeys keys = at(store, NOW);
    KeyRequest reading =
        new KeyRequest(
            ann, "ci", Optional.of(Set.of(Scope.READ)), Optional.empty(), Optional.empty());
    IssuedKey old = keys.create(reading).join();
    IssuedKey next = keys.create(rotation(ann, Optional.of(Duration.ofHours(1)))).join();
    assertThat(next.key().scopes()).containsExactly(Scope.READ);
    Instant before = NOW.plus(Duration.ofMinutes(59));
    Instant after = NOW.plus(Duration.ofHours(1));
    ApiKey ending = opened(keys, old.text()).orElseThrow();
    assertThat(ending.isLive(before)).isTrue();
    assertThat(ending.status(after)).isEqualTo(ApiKey.Status.EXPIRED);
    assertThat(opened(keys, next.text()).orElseThrow().isLive(after)).isTrue();
    assertThat(at(store, after).create(rotation(ann, Optional.empty())).join().key().id().number())
        .as("an expired key leaves room")
        .isEqualTo(3);
  }

  @Test
  void revocation_isFinal_andRepeatable() {
    ApiKeyStore store = store();
    IssuedKey issued = at(store, NOW).create(first(ann)).join();
    ApiKey revoked = at(store, NOW).revoke(issued.key().id()).join().orElseThrow();
    assertThat(revoked.status(NOW)).isEqualTo(ApiKey.Status.REVOKED);
    assertThat(at(store, NOW.plusSeconds(9)).revoke(issued.key().id()).join()).contains(revoked);
    assertThat(at(store, NOW).revoke(new KeyId("0123456789abcdef", 1)).join()).isEmpty();
    assertThat(at(store, NOW).revoke(new KeyId(issued.key().id().ring(), 7)).join()).isEmpty();
  }

  @Test
  void list_showsAnOwnersKeys_orAll() {
    IssuedKeys keys = at(store(), NOW);
    ApiKey old = keys.create(first(ann)).join().key();
    ApiKey next = keys.create(rotation(ann, Optional.empty())).join().key();
    ApiKey bobs = keys.create(first(bob)).join().key();
    assertThat(keys.list(Optional.of(ann)).join()).containsExactly(old, next);
    assertThat(keys.list(Optional.empty()).join()).contains(old, next, bobs);
  }

  @Test
  void endedKeys_areForgotten_andTheirNumbersNotGivenAgain() {
    IssuedKeys keys = at(store(), NOW);
    for (int number = 1; number <= 15; number++) {
      KeyId id = keys.create(first(ann)).join().key().id();
      assertThat(id.number()).isEqualTo(number);
      keys.revoke(id).join();
    }
    assertThat(keys.list(Optional.of(ann)).join()).hasSize(10);
  }

  @Test
  void keysThatAreMadeAtOnce_areTwoAtMost() {
    ApiKeyStore store = store();
    IssuedKeys one = at(store, NOW);
    IssuedKeys other = at(store(), NOW);
    one.create(first(ann)).join();
    List<CompletableFuture<IssuedKey>> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(one.create(rotation(ann, Optional.empty())));
      all.add(other.create(rotation(ann, Optional.empty())));
    }
    assertThat(all.stream().filter(each -> each.handle((key, refusal) -> refusal == null).join()))
        .as("of ten that rotate at once, one does")
        .hasSize(1);
    assertThat(one.list(Optional.of(ann)).join()).hasSize(2);
  }

  @Test
  void secret_isTheSameForAll() {
    List<CompletableFuture<byte[]>> secrets = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      secrets.add(store().sharedSecret());
    }
    assertThat(secrets.stream().map(CompletableFuture::join).map(Arrays::toString))
        .hasSize(4)
        .containsOnly(Arrays.toString(secrets.get(0).join()));
    assertThat(secrets.get(0).join()).hasSize(32);
  }
}
