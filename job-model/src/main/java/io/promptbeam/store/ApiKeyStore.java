package io.promptbeam.store;

import io.promptbeam.access.KeyRing;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Where keys are kept. Thread-safe; never blocks, and fails as {@link JobStore} does. */
public interface ApiKeyStore {
  /**
   * Reads a ring.
   *
   * @param id {@link KeyRing#id}
   */
  CompletableFuture<Optional<KeyRing>> read(String id);

  /** All rings, in no order that means anything. */
  CompletableFuture<List<KeyRing>> all();

  /**
   * Writes the ring if it still is in the version {@code ring} was made of, or if there is none yet
   * where it was made of none. An ambiguous answer is resolved by reading back.
   */
  CompletableFuture<Boolean> write(KeyRing ring);

  /** 32 random bytes, the same for every process and each time; made when first asked for. */
  CompletableFuture<byte[]> sharedSecret();
}
