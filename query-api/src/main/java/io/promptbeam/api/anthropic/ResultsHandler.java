package io.promptbeam.api.anthropic;

import io.promptbeam.api.batches.BatchLines;
import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.JobStore.Part;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Streams a batch's results in the order of its requests; of a running one, those there are. */
final class ResultsHandler implements Handler {
  private static final String JSON_LINES = "application/x-jsonl";

  private final BatchReader reader;
  private final BatchLines lines;
  private final Supplier<FileStore> files;

  ResultsHandler(BatchReader reader, BatchLines lines, Supplier<FileStore> files) {
    this.reader = reader;
    this.lines = lines;
    this.files = files;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    BatchId id = BatchPaths.idIn(request);
    return reader
        .read(id, caller, BatchProtocol.ANTHROPIC)
        .thenCompose(found -> answer(found.orElseThrow(BatchPaths::unknown)))
        .thenApply(answer -> answer.with("Cache-Control", "no-store"));
  }

  private CompletableFuture<ApiResponse> answer(BatchState state) {
    if (state.batch().run().status() != BatchStatus.FAILED) {
      return CompletableFuture.completedFuture(
          ApiResponse.streamed(200, JSON_LINES, out -> write(state, out)));
    }
    FileStore store = files.get();
    return store
        .read(state.batch().spec().input())
        .thenApply(file -> ApiResponse.streamed(200, JSON_LINES, refusals(state, store, file)));
  }

  private void write(BatchState state, OutputStream out) throws IOException {
    lines.forEach(
        state.progress(),
        0,
        Set.of(Part.RESULT),
        line -> {
          if (line.run().state().isTerminal()) {
            ResultLine.write(line, out);
          }
        });
  }

  private static ApiResponse.BodyWriter refusals(
      BatchState state, FileStore store, Optional<StoredFile> file) {
    return out -> {
      if (file.isPresent()) {
        new RefusedLines(state.batch()).write(store, file.get(), out);
      }
    };
  }
}
