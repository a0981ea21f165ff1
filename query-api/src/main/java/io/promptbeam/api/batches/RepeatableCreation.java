package io.promptbeam.api.batches;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Sha256;
import io.promptbeam.store.BatchStore;
import io.promptbeam.submit.BatchCreation;
import io.promptbeam.submit.StrictJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Makes one batch of one creation, however often the client sends it, in whichever process it
 * arrives. Thread-safe, never blocks.
 *
 * <p>With an {@code Idempotency-Key}, the key decides on the batch's id, and another body under the
 * same key is a conflict.
 *
 * <p>The official clients send no key. They send a creation again, after an error or a connection
 * that broke, with the count of retries in a header; two creations that are meant look alike but
 * for that. So each body of an owner has a row of <em>slots</em>: ids made of owner, body and 0, 1,
 * 2 and so on, taken in order, and the store lets one slot be taken once, by a batch that is
 * deleted later, too. A first attempt takes the first free slot. A retry takes the newest batch in
 * a slot if it is not older than {@link #REPEATED_WITHIN}; if there is none, its first attempt
 * never arrived or is still on its way, and it takes the first free slot, marked as a retry's. A
 * first attempt that finds a slot so marked since it arrived has been overtaken by its own retry,
 * and makes nothing: nobody waits for its answer. So however first attempt and retries overlap,
 * they come to the same slot.
 *
 * <p>Not told apart: a retry whose first attempt never arrived, and another creation with the same
 * body just before. It is answered with that one's batch: rather one batch too few, which the
 * caller sees by its id, than one that is paid twice.
 */
public final class RepeatableCreation {
  /** Three attempts of the clients' own time limit, ten minutes, with their pauses. */
  static final Duration REPEATED_WITHIN = Duration.ofMinutes(31);

  /** The same body again and again is unusual; beyond it retries are no longer recognized. */
  private static final int MAX_SLOTS = 1_000;

  private static final Pattern KEY = Pattern.compile("[\\x20-\\x7E]{1,255}");
  private static final Pattern RETRIED = Pattern.compile("0*[1-9][0-9]{0,5}");
  private static final int ID_CHARS = 24;

  private final Supplier<BatchStore> store;
  private final BatchCreation creation;
  private final Duration within;

  /** One that knows retries for as long as OpenAI's clients send them. */
  public RepeatableCreation(Supplier<BatchStore> store, BatchCreation creation) {
    this(store, creation, REPEATED_WITHIN);
  }

  /**
   * One that knows retries for a time.
   *
   * @param within how long after a creation its repetition may come
   */
  public RepeatableCreation(Supplier<BatchStore> store, BatchCreation creation, Duration within) {
    this.store = store;
    this.creation = creation;
    this.within = within;
  }

  /**
   * What a batch is told from others by.
   *
   * @param requestHash of the body, and of whether a retry made the batch
   */
  public record Identity(BatchId id, String requestHash) {}

  /**
   * A creation as it arrived.
   *
   * @param protocol by which it came
   * @param bodyHash SHA-256 (hex)
   * @param retry the client says that it sent it before
   */
  public record Attempt(
      BatchProtocol protocol,
      Owner owner,
      String bodyHash,
      Optional<String> key,
      boolean retry,
      Instant at) {
    public Attempt {
      requireUsable(key);
    }

    /** By OpenAI's protocol, where bodies are the same that are equal JSON. */
    public static Attempt of(
        Owner owner,
        JsonNode body,
        Optional<String> key,
        Optional<String> retryCount,
        Instant arrivedAt) {
      String hash = Sha256.hex(StrictJson.canonical(body));
      return new Attempt(BatchProtocol.OPENAI, owner, hash, key, isRetry(retryCount), arrivedAt);
    }

    Identity keyed(String name) {
      return new Identity(BatchId.forIdempotencyKey(owner, name), bodyHash);
    }

    /** Stored: do not change. */
    Identity slot(int number) {
      String name =
          "promptbeam/"
              + protocol.wireName()
              + "-batch\0"
              + owner.name()
              + "\0"
              + bodyHash
              + "\0"
              + number;
      BatchId id = new BatchId(Sha256.hex(utf8(name)).substring(0, ID_CHARS));
      return new Identity(id, retry ? retryHash() : bodyHash);
    }

    private String retryHash() {
      return Sha256.hex(utf8("retry\0" + bodyHash));
    }

    /** Whether the batch in a slot is what a retry of this first attempt made. */
    boolean isOvertakenBy(Batch batch) {
      return !retry
          && batch.spec().requestHash().equals(Optional.of(retryHash()))
          && !batch.spec().createdAt().isBefore(at);
    }
  }

  /** Whether the batch in a slot may be what this retry's first attempt made. */
  private boolean repeats(Attempt attempt, Batch batch) {
    return attempt.retry() && batch.spec().createdAt().isAfter(attempt.at().minus(within));
  }

  /** Fails with 400 over a key that is none. */
  public static void requireUsable(Optional<String> key) {
    if (key.isPresent() && !KEY.matcher(key.get()).matches()) {
      throw Problem.of(
              400,
              "invalid_value",
              "Invalid request",
              "Idempotency-Key must have 1 to 255 printable ASCII characters.")
          .withField("Idempotency-Key")
          .asException();
    }
  }

  /** Whether a client says by its count of retries that it sent a request before. */
  public static boolean isRetry(Optional<String> retryCount) {
    return retryCount.filter(count -> RETRIED.matcher(count.strip()).matches()).isPresent();
  }

  /** The batch that an earlier attempt made; fails with a conflict under a key. */
  public CompletableFuture<Optional<Batch>> find(Attempt attempt) {
    if (attempt.key().isPresent()) {
      Identity identity = attempt.keyed(attempt.key().get());
      return store.get().read(identity.id()).thenApply(found -> found.map(b -> same(b, identity)));
    }
    return attempt.retry()
        ? newest(attempt, 0, Optional.empty())
        : CompletableFuture.completedFuture(Optional.empty());
  }

  private CompletableFuture<Optional<Batch>> newest(
      Attempt attempt, int slot, Optional<Batch> best) {
    return store
        .get()
        .read(attempt.slot(slot).id())
        .thenCompose(
            found -> {
              if (slot == MAX_SLOTS) {
                return CompletableFuture.completedFuture(best);
              }
              if (found.isEmpty()) {
                return store
                    .get()
                    .isDeleted(attempt.slot(slot).id())
                    .thenCompose(
                        deleted ->
                            deleted
                                ? newest(attempt, slot + 1, best)
                                : CompletableFuture.completedFuture(best));
              }
              Optional<Batch> better =
                  found
                      .filter(batch -> repeats(attempt, batch))
                      .filter(batch -> isNewer(batch, best));
              return newest(attempt, slot + 1, better.or(() -> best));
            });
  }

  private static boolean isNewer(Batch batch, Optional<Batch> than) {
    return than.isEmpty() || batch.spec().createdAt().isAfter(than.get().spec().createdAt());
  }

  /** Makes the batch, or gives the one that another attempt made meanwhile. */
  public CompletableFuture<Batch> create(Attempt attempt, Function<Identity, BatchSpec> specs) {
    if (attempt.key().isPresent()) {
      Identity identity = attempt.keyed(attempt.key().get());
      return creation
          .create(specs.apply(identity))
          .thenApply(made -> same(made.found().orElseThrow(RepeatableCreation::deleted), identity));
    }
    return inFirstFree(attempt, 0, specs);
  }

  private CompletableFuture<Batch> inFirstFree(
      Attempt attempt, int slot, Function<Identity, BatchSpec> specs) {
    Identity identity =
        slot < MAX_SLOTS ? attempt.slot(slot) : new Identity(BatchId.random(), attempt.bodyHash());
    return store
        .get()
        .read(identity.id())
        .thenCompose(
            found ->
                found.isPresent()
                    ? CompletableFuture.completedFuture(new BatchStore.Creation(false, found.get()))
                    : creation.create(specs.apply(identity)))
        .thenCompose(
            made -> {
              if (made.isDeleted()) {
                return inFirstFree(attempt, slot + 1, specs);
              }
              Batch batch = made.batch();
              return made.created() || attempt.isOvertakenBy(batch) || repeats(attempt, batch)
                  ? CompletableFuture.completedFuture(batch)
                  : inFirstFree(attempt, slot + 1, specs);
            });
  }

  private static ProblemException deleted() {
    return Problem.of(
            409,
            "idempotency_conflict",
            "Idempotency conflict",
            "The batch that this Idempotency-Key made was deleted. Use a new key for a new batch.")
        .withField("Idempotency-Key")
        .asException();
  }

  private static Batch same(Batch found, Identity identity) {
    if (found.spec().requestHash().equals(Optional.of(identity.requestHash()))) {
      return found;
    }
    throw Problem.of(
            409,
            "idempotency_conflict",
            "Idempotency conflict",
            "This Idempotency-Key came with another body before. Use a new key for a new batch.")
        .withField("Idempotency-Key")
        .asException();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
