package io.promptbeam.api.openai;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.FileUpload;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Stores a file while it comes. Blocks while it does, which reading a body may. What was stored of
 * an upload that turns out not to be wanted is collected later, as that of one that broke.
 */
final class UploadHandler implements Handler {
  private static final String PURPOSE = "purpose";
  private static final String ANCHOR = "expires_after[anchor]";
  private static final String SECONDS = "expires_after[seconds]";

  private final Supplier<FileStore> files;
  private final Clock clock;
  private final long maxFileBytes;

  UploadHandler(Supplier<FileStore> files, Clock clock, long maxFileBytes) {
    this.files = files;
    this.clock = clock;
    this.maxFileBytes = maxFileBytes;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Owner owner = caller.owner();
    FileStore store = files.get();
    FileId id = FileId.random();
    FileUpload upload = new FileUpload(store, id);
    UploadForm form =
        UploadForm.read(
            request,
            Set.of(PURPOSE, ANCHOR, SECONDS),
            maxFileBytes,
            (bytes, length) -> {
              if (length == 0) {
                upload.close();
              } else {
                upload.write(bytes, 0, length);
              }
            });
    requirePurpose(Optional.ofNullable(form.fields().get(PURPOSE)));
    UploadForm.UploadedFile file =
        form.file()
            .orElseThrow(
                () ->
                    Answers.invalid(
                        "missing_required_parameter",
                        "file",
                        "Send the file's bytes as the part file."));
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    StoredFile stored =
        new StoredFile(
            id,
            owner,
            file.name(),
            FileViews.BATCH,
            upload.bytes(),
            upload.chunks(),
            true,
            now,
            expiry(form, now));
    return store.complete(stored).thenApply(done -> Answers.json(FileViews.json(stored)));
  }

  private static void requirePurpose(Optional<String> purpose) {
    if (purpose.isEmpty()) {
      throw Answers.invalid(
          "missing_required_parameter", PURPOSE, "Send the part purpose, with the value batch.");
    }
    if (!purpose.get().equals(FileViews.BATCH)) {
      throw Answers.invalid(
          "invalid_value",
          PURPOSE,
          "Files are for batches here: purpose must be batch, not "
              + Answers.shown(purpose.get())
              + ".");
    }
  }

  private static Optional<Instant> expiry(UploadForm form, Instant from) {
    Optional<String> anchor = Optional.ofNullable(form.fields().get(ANCHOR));
    Optional<String> seconds = Optional.ofNullable(form.fields().get(SECONDS));
    return anchor.isEmpty() && seconds.isEmpty()
        ? Optional.empty()
        : Optional.of(from.plus(Expiry.of("expires_after[%s]", anchor, seconds)));
  }
}
