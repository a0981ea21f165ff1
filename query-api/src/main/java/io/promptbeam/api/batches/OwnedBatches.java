package io.promptbeam.api.batches;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.store.BatchStore;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Batches of both protocols, by the ids that callers know them by; for anybody but their owners and
 * admins they do not exist. Thread-safe, never blocks.
 */
final class OwnedBatches {
  private final Supplier<BatchStore> store;

  OwnedBatches(Supplier<BatchStore> store) {
    this.store = store;
  }

  /** The batch in the request's path; fails with 404. */
  CompletableFuture<BatchProgress> find(ApiRequest request, Caller caller) {
    String text = request.pathValue("id");
    for (BatchProtocol protocol : BatchProtocol.values()) {
      Optional<BatchId> id = BatchId.parse(text, protocol);
      if (id.isPresent()) {
        return store
            .get()
            .progress(id.get())
            .thenApply(
                found ->
                    found
                        .filter(progress -> isOf(progress.batch().spec(), caller, protocol))
                        .orElseThrow(() -> unknown(text)));
      }
    }
    throw unknown(text);
  }

  private static boolean isOf(BatchSpec spec, Caller caller, BatchProtocol protocol) {
    return caller.sees(spec.owner()) && spec.protocol() == protocol;
  }

  private static ProblemException unknown(String text) {
    String legible = text.replaceAll("[^\\x20-\\x7E]", "?");
    String shown = legible.length() > 64 ? legible.substring(0, 64) + "..." : legible;
    return Problem.of(404, "not_found", "Not found", "You have no batch '" + shown + "'.")
        .withField("id")
        .asException();
  }
}
