package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.RepeatableCreation;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.JsonBody;
import io.promptbeam.api.http.Problem;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import io.promptbeam.store.FileStore;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** Creates batches; their lines are looked at later. Thread-safe, never blocks. */
final class CreateHandler implements Handler {
  private static final String INPUT = "input_file_id";

  private final Supplier<FileStore> files;
  private final BatchReader reader;
  private final RepeatableCreation creation;
  private final DryRun dryRun;
  private final Clock clock;

  CreateHandler(
      Supplier<FileStore> files,
      BatchReader reader,
      RepeatableCreation creation,
      DryRun dryRun,
      Clock clock) {
    this.files = files;
    this.dryRun = dryRun;
    this.reader = reader;
    this.creation = creation;
    this.clock = clock;
  }

  static RuntimeException noInput(String id) {
    return Problem.of(
            404,
            "file_not_found",
            "Not found",
            "You have no file " + Answers.shown(id) + ". It may have expired or been deleted.")
        .withField(INPUT)
        .asException();
  }

  static RuntimeException wrongPurpose(String purpose) {
    return Answers.invalid(
        "invalid_file_purpose",
        INPUT,
        "The input file's purpose must be batch, not " + Answers.shown(purpose) + ".");
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Owner owner = caller.owner();
    JsonNode body = JsonBody.read(request);
    CreateRequest wanted = CreateRequest.of(body);
    RepeatableCreation.Attempt attempt =
        RepeatableCreation.Attempt.of(
            owner,
            body,
            request.header("Idempotency-Key"),
            request.header("X-Stainless-Retry-Count"),
            clock.instant().truncatedTo(ChronoUnit.MILLIS));
    Function<RepeatableCreation.Identity, BatchSpec> specs =
        identity -> spec(wanted, owner, identity, attempt.at());
    if (wanted.dryRun()) {
      BatchSpec unmade = specs.apply(new RepeatableCreation.Identity(BatchId.random(), ""));
      return requireInput(wanted, owner).thenApply(file -> dryRun.of(unmade, file));
    }
    // A repeated attempt finds its batch even when the file has been deleted meanwhile.
    return creation
        .find(attempt)
        .thenCompose(
            found ->
                found.isPresent()
                    ? CompletableFuture.completedFuture(found.get())
                    : requireInput(wanted, owner)
                        .thenCompose(file -> creation.create(attempt, specs)))
        .thenCompose(batch -> reader.read(List.of(batch)))
        .thenApply(
            states -> {
              if (states.isEmpty()) {
                throw new IllegalStateException("a batch is gone as soon as it was created");
              }
              return Answers.json(BatchViews.json(states.get(0), clock.instant()));
            });
  }

  private CompletableFuture<StoredFile> requireInput(CreateRequest wanted, Owner owner) {
    return files
        .get()
        .read(wanted.input())
        .thenApply(
            found -> {
              StoredFile file =
                  found
                      .filter(each -> each.listed() && each.owner().equals(owner))
                      .orElseThrow(() -> noInput(wanted.input().toString()));
              if (!file.purpose().equals(FileViews.BATCH)) {
                throw wrongPurpose(file.purpose());
              }
              return file;
            });
  }

  private static BatchSpec spec(
      CreateRequest wanted, Owner owner, RepeatableCreation.Identity identity, Instant now) {
    return new BatchSpec(
        identity.id(),
        owner,
        BatchProtocol.OPENAI,
        wanted.input(),
        wanted.endpoint(),
        wanted.window(),
        wanted.metadata(),
        now,
        now.plus(wanted.windowLength()),
        wanted.outputKept(),
        Optional.of(identity.requestHash()),
        Optional.<BatchId>empty());
  }
}
