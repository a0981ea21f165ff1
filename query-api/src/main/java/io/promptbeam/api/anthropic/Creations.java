package io.promptbeam.api.anthropic;

import io.promptbeam.api.batches.BatchCreation;
import io.promptbeam.api.http.Problem;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.store.BatchStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Makes one batch of a creation that comes several times: by its idempotency key, or, since the
 * official clients send none, by its body when the client says that it tries again. Thread-safe,
 * never blocks.
 */
final class Creations {
  private static final int PAGE = 100;

  private final Supplier<BatchStore> store;
  private final BatchCreation creation;
  private final Duration window;

  Creations(Supplier<BatchStore> store, BatchCreation creation, Duration window) {
    this.store = store;
    this.creation = creation;
    this.window = window;
  }

  /**
   * A creation whose body is stored.
   *
   * @param key the idempotency key
   * @param isRetry whether the client said that it tried before
   * @param arrivedAt when its request began to be read
   * @param now when its body had been read
   * @param spec of the batch, under any id
   */
  record Wanted(
      Owner owner,
      String bodyHash,
      Optional<String> key,
      boolean isRetry,
      Instant arrivedAt,
      Instant now,
      Function<BatchId, BatchSpec> spec) {}

  /**
   * The batch that the creation is, new or not.
   *
   * @return fails with 409 when the key came with another body
   */
  CompletableFuture<Batch> create(Wanted wanted) {
    if (wanted.key().isPresent()) {
      BatchId id = BatchId.forIdempotencyKey(wanted.owner(), wanted.key().get());
      return creation.create(wanted.spec().apply(id)).thenApply(made -> ofSameBody(made, wanted));
    }
    if (!wanted.isRetry()) {
      return createByBody(wanted);
    }
    return recent(wanted, Optional.empty())
        .thenCompose(
            found ->
                found
                    .map(CompletableFuture::completedFuture)
                    .orElseGet(() -> createByBody(wanted)));
  }

  private static Batch ofSameBody(BatchStore.Creation made, Wanted wanted) {
    if (!made.batch().spec().requestHash().equals(Optional.of(wanted.bodyHash()))) {
      throw Problem.of(
              409,
              "idempotency_key_reused",
              "Idempotency key reused",
              "This Idempotency-Key came with another body before. Use a new key for a new batch.")
          .withField("Idempotency-Key")
          .asException();
    }
    return made.batch();
  }

  /**
   * Under an id made of the body, so that a try and its retry that are both still on their way, in
   * whichever processes, come to the same row.
   */
  private CompletableFuture<Batch> createByBody(Wanted wanted) {
    long period = Math.floorDiv(wanted.now().getEpochSecond(), window.toSeconds());
    // No header can hold the zero byte: this is no key that a caller may send.
    BatchId id =
        BatchId.forIdempotencyKey(wanted.owner(), "body\0" + period + "\0" + wanted.bodyHash());
    return creation
        .create(wanted.spec().apply(id))
        .thenCompose(
            made ->
                made.created() || isTheSame(made.batch().spec(), wanted)
                    ? CompletableFuture.completedFuture(made.batch())
                    : creation
                        .create(wanted.spec().apply(BatchId.random()))
                        .thenApply(BatchStore.Creation::batch));
  }

  /** A first try may also be overtaken by its own retry. */
  private static boolean isTheSame(BatchSpec there, Wanted wanted) {
    return wanted.isRetry()
        || (MadeBy.isByRetry(there) && there.createdAt().isAfter(wanted.arrivedAt()));
  }

  private CompletableFuture<Optional<Batch>> recent(Wanted wanted, Optional<BatchId> after) {
    Instant since = wanted.now().minus(window);
    return store
        .get()
        .list(wanted.owner(), BatchProtocol.ANTHROPIC, after, PAGE)
        .thenCompose(
            page -> {
              Optional<Batch> found = inPage(page, wanted, since);
              boolean isLast =
                  page.isEmpty() || page.get(page.size() - 1).spec().createdAt().isBefore(since);
              return found.isPresent() || isLast
                  ? CompletableFuture.completedFuture(found)
                  : recent(wanted, Optional.of(page.get(page.size() - 1).spec().id()));
            });
  }

  private static Optional<Batch> inPage(List<Batch> page, Wanted wanted, Instant since) {
    return page.stream()
        .filter(batch -> !batch.spec().createdAt().isBefore(since))
        .filter(batch -> batch.spec().requestHash().equals(Optional.of(wanted.bodyHash())))
        .findFirst();
  }
}
