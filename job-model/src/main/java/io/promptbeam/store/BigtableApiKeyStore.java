package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.protobuf.ByteString;
import io.promptbeam.access.KeyRing;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The table {@code api_keys}: a row per ring, and one for the secret that processes share. */
final class BigtableApiKeyStore implements ApiKeyStore {
  private static final int SECRET_BYTES = 32;
  private static final Filter VERSION =
      Cells.newestOf(BigtableSchema.ENTRY, BigtableSchema.VERSION);

  private final BigtableCalls calls;
  private final Clock clock;
  private final ConditionalWrite.Pauses pauses;
  private final Supplier<String> versions;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param versions each unlike any other there ever is
   */
  BigtableApiKeyStore(
      BigtableCalls calls, Clock clock, ConditionalWrite.Pauses pauses, Supplier<String> versions) {
    this.calls = calls;
    this.clock = clock;
    this.pauses = pauses;
    this.versions = versions;
  }

  @Override
  public CompletableFuture<Optional<KeyRing>> read(String id) {
    Query query =
        Query.create(BigtableSchema.API_KEYS).rowKey(RowKeys.keyRing(id)).filter(Cells.NEWEST);
    return BigtableCalls.translated(calls.read(query))
        .thenApply(rows -> rows.stream().findFirst().map(BigtableApiKeyStore::ring));
  }

  @Override
  public CompletableFuture<List<KeyRing>> all() {
    Query query =
        Query.create(BigtableSchema.API_KEYS)
            .range(RowKeys.keyRing(""), RowKeys.KEY_RINGS_END)
            .filter(Cells.NEWEST);
    return BigtableCalls.translated(calls.read(query))
        .thenApply(rows -> rows.stream().map(BigtableApiKeyStore::ring).toList());
  }

  @Override
  public CompletableFuture<Boolean> write(KeyRing ring) {
    String key = RowKeys.keyRing(ring.id());
    String version = versions.get();
    Optional<String> before = Optional.of(ring.version()).filter(v -> !v.isEmpty());
    Mutation change = change(KeyRingJson.encode(ring), version);
    ConditionalRowMutation mutation = ConditionalRowMutation.create(BigtableSchema.API_KEYS, key);
    if (before.isEmpty()) {
      mutation.condition(VERSION).otherwise(change);
    } else {
      mutation
          .condition(Cells.ofValue(VERSION, ByteString.copyFromUtf8(before.get())))
          .then(change);
    }
    return BigtableCalls.translated(
        new ConditionalWrite(
                () ->
                    calls
                        .checkAndMutate(mutation)
                        .thenApply(matched -> matched == before.isPresent()),
                () -> readVersion(key),
                before,
                version,
                pauses)
            .run());
  }

  @Override
  public CompletableFuture<byte[]> sharedSecret() {
    return BigtableCalls.translated(
        readSecret()
            .thenCompose(
                found ->
                    found.map(CompletableFuture::completedFuture).orElseGet(this::createSecret)));
  }

  /** Whoever comes second finds what the first made. */
  private CompletableFuture<byte[]> createSecret() {
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    Mutation change =
        Mutation.create()
            .setCell(
                BigtableSchema.ENTRY, BigtableSchema.SECRET, micros(), ByteString.copyFrom(secret));
    return calls
        .checkAndMutate(
            ConditionalRowMutation.create(BigtableSchema.API_KEYS, RowKeys.SHARED_SECRET)
                .condition(Cells.NEWEST)
                .otherwise(change))
        .thenCompose(done -> readSecret())
        .thenApply(
            found ->
                found.orElseThrow(() -> new IllegalStateException("the shared secret is gone")));
  }

  private CompletableFuture<Optional<byte[]>> readSecret() {
    return calls
        .read(
            Query.create(BigtableSchema.API_KEYS)
                .rowKey(RowKeys.SHARED_SECRET)
                .filter(Cells.NEWEST))
        .thenApply(
            rows ->
                rows.stream()
                    .findFirst()
                    .map(row -> row.getCells().get(0).getValue().toByteArray()));
  }

  private Mutation change(String json, String version) {
    return Mutation.create()
        .deleteRow()
        .setCell(BigtableSchema.ENTRY, BigtableSchema.JSON, micros(), ByteString.copyFromUtf8(json))
        .setCell(
            BigtableSchema.ENTRY,
            BigtableSchema.VERSION,
            micros(),
            ByteString.copyFromUtf8(version));
  }

  private long micros() {
    return Math.multiplyExact(clock.millis(), 1_000L);
  }

  private CompletableFuture<Optional<String>> readVersion(String key) {
    return calls
        .read(Query.create(BigtableSchema.API_KEYS).rowKey(key).filter(VERSION))
        .thenApply(JobRows::version);
  }

  private static KeyRing ring(Row row) {
    return KeyRingJson.decode(cell(row, BigtableSchema.JSON), cell(row, BigtableSchema.VERSION));
  }

  private static String cell(Row row, ByteString column) {
    for (RowCell cell : row.getCells(BigtableSchema.ENTRY, column)) {
      return cell.getValue().toStringUtf8();
    }
    throw new IllegalArgumentException("a key ring's row lacks a column");
  }
}
