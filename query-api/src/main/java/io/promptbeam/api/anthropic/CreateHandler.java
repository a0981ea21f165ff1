package io.promptbeam.api.anthropic;

import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.RepeatableCreation;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.JsonBody;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Owner;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.FileUpload;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates a batch; its requests go to the store as they come. Blocks while the body is read. */
final class CreateHandler implements Handler {
  private static final Logger log = LoggerFactory.getLogger(CreateHandler.class);
  private static final String ENDPOINT = "/v1/messages";
  private static final String WINDOW = "24h";
  private static final Duration WINDOW_LENGTH = Duration.ofHours(24);
  private static final int DRAIN_BYTES = 64 * 1024;

  private final Supplier<FileStore> files;
  private final RepeatableCreation creation;
  private final BatchReader reader;
  private final Supplier<ModelCatalog> catalog;
  private final MessageBatchLimits limits;
  private final Clock clock;

  CreateHandler(
      Supplier<FileStore> files,
      RepeatableCreation creation,
      BatchReader reader,
      Supplier<ModelCatalog> catalog,
      MessageBatchLimits limits,
      Clock clock) {
    this.files = files;
    this.creation = creation;
    this.reader = reader;
    this.catalog = catalog;
    this.limits = limits;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Owner owner = caller.owner();
    Instant arrivedAt = clock.instant();
    JsonBody.require(request);
    Optional<String> key = request.header("Idempotency-Key");
    RepeatableCreation.requireUsable(key);
    boolean isRetry = RepeatableCreation.isRetry(request.header("X-Stainless-Retry-Count"));
    FileId file = FileId.random();
    FileUpload upload = new FileUpload(files.get(), file);
    RequestsReader.Body body = read(request, owner, file, upload);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    StoredFile stored = stored(file, owner, upload, now);
    RepeatableCreation.Attempt attempt =
        new RepeatableCreation.Attempt(
            BatchProtocol.ANTHROPIC, owner, body.sha256(), key, isRetry, arrivedAt);
    return create(
        attempt,
        as ->
            new BatchSpec(
                as.id(),
                owner,
                BatchProtocol.ANTHROPIC,
                file,
                ENDPOINT,
                WINDOW,
                MadeBy.metadata(body.requests()),
                now,
                now.plus(WINDOW_LENGTH),
                Optional.empty(),
                Optional.of(as.requestHash()),
                Optional.empty()),
        stored,
        request.origin());
  }

  private RequestsReader.Body read(
      ApiRequest request, Owner owner, FileId file, FileUpload upload) {
    InputStream body = request.bodyStream(limits.maxBodyBytes());
    RequestsReader requests =
        new RequestsReader(new RequestCheck(catalog.get()), limits.maxRequests());
    try {
      RequestsReader.Body read = requests.read(body, upload);
      upload.close();
      return read;
    } catch (ProblemException e) {
      if (e.problem().status() == 400) {
        drain(body);
      }
      discard(owner, file, upload);
      throw e;
    } catch (RuntimeException e) {
      discard(owner, file, upload);
      throw e;
    }
  }

  /** A client that is cut off while it sends would not see the answer, and send it all again. */
  private static void drain(InputStream body) {
    byte[] unused = new byte[DRAIN_BYTES];
    try {
      while (body.read(unused) >= 0) {
        // Its content does not matter any more.
      }
    } catch (IOException | ProblemException e) {
      // Then the client is gone, or sends more than it may.
    }
  }

  private void discard(Owner owner, FileId file, FileUpload upload) {
    try {
      upload.close();
    } catch (RuntimeException e) {
      log.debug("pieces of {} are left to be collected", file, e);
    }
    if (upload.chunks() > 0) {
      discard(stored(file, owner, upload, clock.instant()));
    }
  }

  /** Nobody waits for it: what is left is collected as old cells are. */
  private void discard(StoredFile file) {
    var unused =
        files
            .get()
            .delete(file)
            .exceptionally(
                failure -> {
                  log.debug("{} is left to be collected", file.id(), failure);
                  return null;
                });
  }

  private static StoredFile stored(FileId id, Owner owner, FileUpload upload, Instant now) {
    return new StoredFile(
        id,
        owner,
        "requests.jsonl",
        "batch",
        upload.bytes(),
        upload.chunks(),
        false,
        now,
        Optional.empty());
  }

  private CompletableFuture<ApiResponse> create(
      RepeatableCreation.Attempt attempt,
      Function<RepeatableCreation.Identity, BatchSpec> specs,
      StoredFile stored,
      String origin) {
    return files
        .get()
        .complete(stored)
        .thenCompose(done -> creation.find(attempt))
        .thenCompose(
            found ->
                found
                    .map(CompletableFuture::completedFuture)
                    .orElseGet(() -> creation.create(attempt, specs)))
        .whenComplete(
            (batch, failure) -> {
              if (failure == null ? !isOf(stored, batch.spec()) : isRefusal(failure)) {
                discard(stored);
              }
            })
        .thenCompose(reader::read)
        .thenApply(state -> BatchAnswers.one(state, origin, clock.instant()));
  }

  private static boolean isOf(StoredFile stored, BatchSpec spec) {
    return spec.input().equals(stored.id());
  }

  /** After any other failure a batch may stand that needs the file. */
  private static boolean isRefusal(Throwable failure) {
    return failure instanceof CompletionException
        ? failure.getCause() instanceof ProblemException
        : failure instanceof ProblemException;
  }
}
