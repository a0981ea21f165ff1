package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.access.ApiKey;
import io.promptbeam.access.KeyId;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.Scope;
import io.promptbeam.job.Owner;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SimulatedApiKeyStoreTest extends ApiKeyStoreContract {
  private static final String STORED =
      "{\"owner\":\"ann\",\"name\":\"ci\",\"keys\":[{\"n\":3,\"sha256\":\""
          + "ab".repeat(32)
          + "\",\"scopes\":\"submit,read\",\"created_at\":\"2026-11-23T10:00:00Z\","
          + "\"expires_at\":\"2027-02-21T10:00:00Z\",\"revoked_at\":\"2026-12-01T00:00:00Z\"}]}";

  private final JobStore store = LockedLink.open(Clock.systemUTC());

  @Override
  JobStore open() {
    return store;
  }

  @Test
  void storedRing_isReadable_andWrittenAlike() {
    KeyRing ring = KeyRingJson.decode(STORED, "v1");
    Owner ann = new Owner("ann");
    assertThat(ring)
        .isEqualTo(
            new KeyRing(
                ann,
                "ci",
                List.of(
                    new ApiKey(
                        new KeyId("6c70a75cdde99252", 3),
                        ann,
                        "ci",
                        Set.of(Scope.SUBMIT, Scope.READ),
                        "ab".repeat(32),
                        Instant.parse("2026-11-23T10:00:00Z"),
                        Optional.of(Instant.parse("2027-02-21T10:00:00Z")),
                        Optional.of(Instant.parse("2026-12-01T00:00:00Z")))),
                "v1"));
    assertThat(KeyRingJson.encode(ring)).isEqualTo(STORED);
  }

  @Test
  void unknownScope_isNotReadAsFewer() {
    assertThatThrownBy(() -> KeyRingJson.decode(STORED.replace("submit", "submit2"), "v1"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
