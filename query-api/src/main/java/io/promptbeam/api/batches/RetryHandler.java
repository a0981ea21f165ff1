package io.promptbeam.api.batches;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.store.FileLines;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.FileUpload;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.submit.BatchCreation;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new batch of an ended one's lines that did not complete. Blocks while their file is
 * written; a few at a time, more are refused.
 */
final class RetryHandler implements Handler {
  private static final Logger log = LoggerFactory.getLogger(RetryHandler.class);
  private static final int AT_ONCE = 4;
  private static final String RETRY_AFTER_SECONDS = "10";

  private final JobStore store;
  private final OwnedBatches batches;
  private final BatchReader reader;
  private final RepeatableCreation creation;
  private final Map<BatchProtocol, ProtocolForm> forms;
  private final Supplier<ModelCatalog> catalog;
  private final Clock clock;
  private final Semaphore free = new Semaphore(AT_ONCE);

  RetryHandler(
      JobStore store,
      BatchCreation creation,
      Map<BatchProtocol, ProtocolForm> forms,
      Supplier<ModelCatalog> catalog,
      Clock clock) {
    this.store = store;
    this.batches = new OwnedBatches(store::batches);
    this.reader = new BatchReader(store::batches);
    this.creation = new RepeatableCreation(store::batches, creation);
    this.forms = forms;
    this.catalog = catalog;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Instant arrivedAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    BatchProgress of = joined(batches.find(request, caller));
    RetryRequest wanted = RetryRequest.of(request, catalog.get());
    ObjectNode identity = JsonNodeFactory.instance.objectNode();
    identity.put("retry_of", of.batch().spec().id().hex()).set("body", wanted.body());
    RepeatableCreation.Attempt attempt =
        RepeatableCreation.Attempt.of(
            of.batch().spec().owner(),
            identity,
            request.header("Idempotency-Key"),
            request.header("X-Stainless-Retry-Count"),
            arrivedAt);
    Optional<Batch> made = joined(creation.find(attempt));
    String origin = request.origin();
    return (made.isPresent()
            ? CompletableFuture.completedFuture(made.get())
            : make(of, wanted, attempt))
        .thenCompose(batch -> reader.read(List.of(batch)))
        .thenApply(states -> answer(states.get(0), origin));
  }

  private ApiResponse answer(BatchState state, String origin) {
    ProtocolForm form = form(state.batch().spec());
    ObjectNode json = form.batch(state, origin, Outlook.none(clock.instant()));
    return ApiResponse.json(200, json.toString().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "no-store");
  }

  private ProtocolForm form(BatchSpec spec) {
    return Objects.requireNonNull(forms.get(spec.protocol()));
  }

  private CompletableFuture<Batch> make(
      BatchProgress of, RetryRequest wanted, RepeatableCreation.Attempt attempt) {
    BatchSpec old = of.batch().spec();
    requireEnded(of.batch());
    StoredFile input =
        joined(store.files().read(old.input()))
            .orElseThrow(
                () ->
                    refused(
                        "input_file_gone",
                        "The batch's input file has expired or been deleted, and with it its"
                            + " lines."));
    if (!free.tryAcquire()) {
      throw Problem.of(
              429,
              "too_many_retries",
              "Too many retries",
              "As many batches as may are being retried. Try again in some seconds.")
          .withHeader("Retry-After", RETRY_AFTER_SECONDS)
          .asException();
    }
    try {
      return make(of, wanted, attempt, input);
    } finally {
      free.release();
    }
  }

  private CompletableFuture<Batch> make(
      BatchProgress of, RetryRequest wanted, RepeatableCreation.Attempt attempt, StoredFile input) {
    BatchSpec old = of.batch().spec();
    FileStore files = store.files();
    FileId id = FileId.random();
    FileUpload upload = new FileUpload(files, id);
    int lines =
        new RetryFile(store.batches(), of, wanted, form(old).bodyField())
            .write(new FileLines(files, input), upload);
    if (lines == 0) {
      throw refused("nothing_to_retry", "No line of the batch ended so that it is to be retried.");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    StoredFile file =
        new StoredFile(
            id,
            old.owner(),
            "retry_of_" + old.id().text(old.protocol()) + ".jsonl",
            input.purpose(),
            upload.bytes(),
            upload.chunks(),
            input.listed(),
            now,
            input.expiresAt().map(at -> now.plus(Duration.between(input.createdAt(), at))));
    Map<String, String> metadata = form(old).retryMetadata(old, lines);
    return files
        .complete(file)
        .thenCompose(done -> creation.create(attempt, as -> spec(old, as, id, metadata, now)))
        .whenComplete(
            (batch, failure) -> {
              if (failure == null && !batch.spec().input().equals(id)) {
                discard(file);
              }
            });
  }

  private static BatchSpec spec(
      BatchSpec old,
      RepeatableCreation.Identity as,
      FileId input,
      Map<String, String> metadata,
      Instant now) {
    return new BatchSpec(
        as.id(),
        old.owner(),
        old.protocol(),
        input,
        old.endpoint(),
        old.window(),
        metadata,
        now,
        now.plus(Duration.between(old.createdAt(), old.expiresAt())),
        old.outputKept(),
        Optional.of(as.requestHash()),
        Optional.of(old.id()));
  }

  private void discard(StoredFile file) {
    var unused =
        store
            .files()
            .delete(file)
            .exceptionally(
                failure -> {
                  log.debug("{} is left to be collected", file.id(), failure);
                  return null;
                });
  }

  private static void requireEnded(Batch batch) {
    BatchStatus status = batch.run().status();
    if (!status.isTerminal()) {
      throw refused("batch_not_ended", "The batch has not ended; wait for its end, or cancel it.");
    }
    if (status == BatchStatus.FAILED) {
      throw refused(
          "batch_failed",
          "None of the batch's lines was run, because some are not valid. Correct its file, and"
              + " make a batch of that.");
    }
  }

  private static ProblemException refused(String code, String message) {
    return Problem.of(409, code, "Batch cannot be retried", message).withField("id").asException();
  }

  private static <T> T joined(CompletableFuture<T> read) {
    try {
      return read.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreUnavailableException cause) {
        throw cause;
      }
      throw e.getCause() instanceof ProblemException cause ? cause : e;
    }
  }
}
