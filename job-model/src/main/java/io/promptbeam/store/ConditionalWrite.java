package io.promptbeam.store;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A conditional write that sets a version nobody else ever sets, which Bigtable's client does not
 * retry. After an error that leaves open whether it was applied, the version in the store tells.
 * Every try carries the same version, so a late first try makes the second one's condition fail,
 * and reading back still tells whose write it was.
 *
 * @param attempt tries to write; completes with whether the condition held and the write was done
 * @param readVersion the version that stands in the store, empty without a row
 * @param before the version the write replaces, empty when it creates the row
 * @param after the version it sets
 * @param pauses where a try that waits its turn goes: given milliseconds, an executor that starts
 *     what it gets that much later
 */
record ConditionalWrite(
    Supplier<CompletableFuture<Boolean>> attempt,
    Supplier<CompletableFuture<Optional<String>>> readVersion,
    Optional<String> before,
    String after,
    Pauses pauses) {

  interface Pauses {
    Executor after(long millis);

    Pauses REAL =
        millis -> CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS, Runnable::run);
  }

  private static final int MAX_TRIES = 4;
  private static final long FIRST_PAUSE_MILLIS = 50;

  private static final Set<StatusCode.Code> CERTAINLY_REFUSED =
      Set.of(
          StatusCode.Code.INVALID_ARGUMENT,
          StatusCode.Code.NOT_FOUND,
          StatusCode.Code.PERMISSION_DENIED,
          StatusCode.Code.UNAUTHENTICATED,
          StatusCode.Code.FAILED_PRECONDITION,
          StatusCode.Code.UNIMPLEMENTED);

  /** The request itself is wrong; the others may be a permission or a table that is to come. */
  private static final Set<StatusCode.Code> PERMANENT =
      Set.of(StatusCode.Code.INVALID_ARGUMENT, StatusCode.Code.OUT_OF_RANGE);

  /** Whether nothing would be written by trying again, whatever an operator does. */
  static boolean isPermanent(Throwable cause) {
    return cause instanceof ApiException refused
        && PERMANENT.contains(refused.getStatusCode().getCode());
  }

  /** Whether nothing was written, and nothing would be by trying again at once. */
  static boolean isCertainlyRefused(Throwable cause) {
    return cause instanceof ApiException refused
        && CERTAINLY_REFUSED.contains(refused.getStatusCode().getCode());
  }

  /** Completes with whether this write was done; fails when that cannot be found out. */
  CompletableFuture<Boolean> run() {
    return tryOnce(1, false);
  }

  private CompletableFuture<Boolean> tryOnce(int number, boolean inDoubt) {
    return attempt
        .get()
        .thenCompose(
            done ->
                done || !inDoubt
                    ? CompletableFuture.completedFuture(done)
                    : readVersion.get().thenApply(found -> found.equals(Optional.of(after))))
        .exceptionallyCompose(error -> afterError(number, error));
  }

  private CompletableFuture<Boolean> afterError(int number, Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (isCertainlyRefused(cause)) {
      return CompletableFuture.failedFuture(cause);
    }
    return readVersion
        .get()
        .thenCompose(
            found -> {
              if (found.equals(Optional.of(after))) {
                return CompletableFuture.completedFuture(true);
              }
              if (!found.equals(before)) {
                return CompletableFuture.completedFuture(false);
              }
              if (number == MAX_TRIES) {
                return CompletableFuture.failedFuture(cause);
              }
              long pauseMillis = FIRST_PAUSE_MILLIS << (number - 1);
              return CompletableFuture.supplyAsync(() -> number + 1, pauses.after(pauseMillis))
                  .thenCompose(next -> tryOnce(next, true));
            });
  }
}
