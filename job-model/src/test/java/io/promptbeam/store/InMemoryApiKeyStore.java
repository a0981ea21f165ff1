package io.promptbeam.store;

import io.promptbeam.access.KeyRing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Keys in memory. Thread-safe. */
public final class InMemoryApiKeyStore implements ApiKeyStore {
  private final Map<String, KeyRing> rings = new HashMap<>();
  private final byte[] secret = new byte[32];
  private int writes;

  @Override
  public synchronized CompletableFuture<Optional<KeyRing>> read(String id) {
    return CompletableFuture.completedFuture(Optional.ofNullable(rings.get(id)));
  }

  @Override
  public synchronized CompletableFuture<List<KeyRing>> all() {
    return CompletableFuture.completedFuture(new ArrayList<>(rings.values()));
  }

  @Override
  public synchronized CompletableFuture<Boolean> write(KeyRing ring) {
    KeyRing there = rings.get(ring.id());
    boolean unchanged = (there == null ? "" : there.version()).equals(ring.version());
    if (unchanged) {
      writes++;
      rings.put(
          ring.id(), new KeyRing(ring.owner(), ring.name(), ring.keys(), Integer.toString(writes)));
    }
    return CompletableFuture.completedFuture(unchanged);
  }

  @Override
  public CompletableFuture<byte[]> sharedSecret() {
    return CompletableFuture.completedFuture(secret.clone());
  }
}
