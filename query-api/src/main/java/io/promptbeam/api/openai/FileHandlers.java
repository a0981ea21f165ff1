package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.api.http.Problem;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Owner;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.FileStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lists, shows, deletes and hands out files: those that were uploaded, and those that batches make.
 * Thread-safe.
 */
final class FileHandlers {
  private static final int MAX_LIMIT = 10_000;
  private static final String BINARY = "application/octet-stream";
  private static final String JSONL = "application/jsonl";

  /** A file's end is looked for among so many of the newest batches. */
  private static final int BATCHES_LOOKED_AT = 100;

  /** Of so many lines the size is counted; of more it would take longer than anybody waits. */
  private static final int MAX_COUNTED_LINES = 10_000;

  private final Supplier<FileStore> files;
  private final Supplier<BatchStore> batches;
  private final OutputFiles outputs;
  private final OutputList outputList;

  FileHandlers(
      Supplier<FileStore> files,
      Supplier<BatchStore> batches,
      OutputFiles outputs,
      OutputList outputList) {
    this.files = files;
    this.batches = batches;
    this.outputs = outputs;
    this.outputList = outputList;
  }

  /** Files that batches make are listed only when their purpose is asked for. */
  CompletableFuture<ApiResponse> list(ApiRequest request, Caller caller) {
    Owner owner = OwnerParameter.of(request, caller);
    ListParameters parameters = new ListParameters(request);
    int limit = parameters.limit(MAX_LIMIT, MAX_LIMIT);
    boolean newestFirst = parameters.newestFirst();
    Optional<String> after = parameters.text("after");
    Optional<String> purpose = parameters.text("purpose");
    if (purpose.filter(FileViews.BATCH_OUTPUT::equals).isPresent()) {
      return outputList.page(owner, newestFirst, after, limit);
    }
    Optional<FileId> last = after.flatMap(FileId::parse);
    if (after.isPresent() && last.isEmpty()) {
      return CompletableFuture.completedFuture(Answers.list(List.of(), false));
    }
    return files
        .get()
        .list(owner, purpose, newestFirst, last, limit + 1)
        .thenApply(
            found ->
                Answers.list(
                    found.stream().limit(limit).map(FileViews::json).toList(),
                    found.size() > limit));
  }

  CompletableFuture<ApiResponse> retrieve(ApiRequest request, Caller caller) {
    return either(
        request,
        caller,
        file -> Answers.json(FileViews.json(file)),
        (id, state) ->
            isCounted(state)
                ? ApiResponse.streamed(200, ApiResponse.JSON, out -> out.write(counted(id, state)))
                    .with("Cache-Control", "no-store")
                : Answers.json(FileViews.json(id, state, 0)));
  }

  private static boolean isCounted(BatchState state) {
    return state.batch().run().lines() <= MAX_COUNTED_LINES;
  }

  private byte[] counted(OutputId id, BatchState state) throws IOException {
    try (CountingStream size = new CountingStream()) {
      outputs.write(state, id.kind(), size);
      return FileViews.json(id, state, size.bytes).toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  /** Whatever the caller accepts: a file is not negotiated. */
  CompletableFuture<ApiResponse> content(ApiRequest request, Caller caller) {
    return either(
        request,
        caller,
        file ->
            ApiResponse.streamed(200, BINARY, out -> StoredContent.write(files.get(), file, out))
                .with("Content-Length", Long.toString(file.bytes()))
                .with("Cache-Control", "private, no-store"),
        (id, state) ->
            ApiResponse.streamed(200, JSONL, out -> outputs.write(state, id.kind(), out))
                .with("Cache-Control", "private, no-store"));
  }

  /** Refused while a batch may still read the file, and for files that are made of a batch. */
  CompletableFuture<ApiResponse> delete(ApiRequest request, Caller caller) {
    String id = request.pathValue("id");
    return eitherLater(
        request,
        caller,
        file ->
            requireUnused(file)
                .thenCompose(done -> files.get().delete(file))
                .thenApply(done -> deleted(id)),
        (output, state) -> {
          throw Problem.of(
                  409,
                  "file_belongs_to_batch",
                  "File belongs to a batch",
                  "The file is made of "
                      + output.batch().text(BatchProtocol.OPENAI)
                      + " and goes with it.")
              .withField("id")
              .asException();
        });
  }

  private CompletableFuture<Void> requireUnused(StoredFile file) {
    return batches
        .get()
        .list(file.owner(), BatchProtocol.OPENAI, Optional.empty(), BATCHES_LOOKED_AT)
        .thenAccept(
            newest ->
                newest.stream()
                    .filter(batch -> batch.spec().input().equals(file.id()))
                    .filter(batch -> !batch.run().status().isTerminal())
                    .findFirst()
                    .ifPresent(
                        batch -> {
                          throw Problem.of(
                                  409,
                                  "file_in_use",
                                  "File in use",
                                  "The file is the input of "
                                      + batch.spec().id().text(BatchProtocol.OPENAI)
                                      + ", which has not ended. Cancel it, or wait.")
                              .withField("id")
                              .asException();
                        }));
  }

  private static ApiResponse deleted(String id) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    return Answers.json(json.put("id", id).put("object", "file").put("deleted", true));
  }

  @FunctionalInterface
  private interface OfOutput<T> {
    T of(OutputId id, BatchState state);
  }

  private CompletableFuture<ApiResponse> either(
      ApiRequest request,
      Caller caller,
      Function<StoredFile, ApiResponse> ofUpload,
      OfOutput<ApiResponse> ofOutput) {
    return eitherLater(
        request,
        caller,
        file -> CompletableFuture.completedFuture(ofUpload.apply(file)),
        (id, state) -> CompletableFuture.completedFuture(ofOutput.of(id, state)));
  }

  private CompletableFuture<ApiResponse> eitherLater(
      ApiRequest request,
      Caller caller,
      Function<StoredFile, CompletableFuture<ApiResponse>> ofUpload,
      OfOutput<CompletableFuture<ApiResponse>> ofOutput) {
    String text = request.pathValue("id");
    @Nullable OutputId output = OutputId.parse(text).orElse(null);
    if (output != null) {
      return outputs
          .find(output, caller)
          .thenCompose(found -> ofOutput.of(output, found.orElseThrow(() -> Answers.noFile(text))));
    }
    FileId id = FileId.parse(text).orElseThrow(() -> Answers.noFile(text));
    return files
        .get()
        .read(id)
        .thenCompose(
            found ->
                ofUpload.apply(
                    found
                        .filter(file -> file.listed() && caller.sees(file.owner()))
                        .orElseThrow(() -> Answers.noFile(text))));
  }

  /** Keeps nothing. */
  private static final class CountingStream extends OutputStream {
    private long bytes;

    @Override
    public void write(int one) {
      bytes++;
    }

    @Override
    public void write(byte[] from, int offset, int length) {
      bytes += length;
    }
  }
}
