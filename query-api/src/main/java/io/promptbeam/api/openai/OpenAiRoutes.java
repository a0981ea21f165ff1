package io.promptbeam.api.openai;

import io.promptbeam.api.batches.BatchLines;
import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.Outlooks;
import io.promptbeam.api.batches.RepeatableCreation;
import io.promptbeam.api.http.Route;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.BatchCreation;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** The paths that OpenAI's clients ask under {@code /v1}. */
public final class OpenAiRoutes {
  private OpenAiRoutes() {}

  /**
   * All of them.
   *
   * @param store asked for its batches and files by requests only: not every store has them
   * @param publishWait how long an answer waits for the publisher at most
   * @param maxFileBytes of an upload
   */
  public static List<Route> of(
      JobStore store,
      JobPublisher publisher,
      Duration publishWait,
      Supplier<ModelCatalog> catalog,
      Clock clock,
      long maxFileBytes) {
    Supplier<BatchStore> batches = store::batches;
    Supplier<FileStore> files = store::files;
    BatchCreation creation = new BatchCreation(batches, publisher, publishWait);
    BatchReader reader = new BatchReader(batches);
    Outlooks outlooks = new Outlooks(batches, store.lanes(), catalog);
    OutputFiles outputs = new OutputFiles(reader, new BatchLines(batches), catalog, clock);
    FileHandlers file =
        new FileHandlers(files, batches, outputs, new OutputList(batches, reader, clock));
    BatchHandlers batch = new BatchHandlers(batches, reader, outlooks, publisher, clock);
    CreateHandler create =
        new CreateHandler(
            files,
            reader,
            new RepeatableCreation(batches, creation),
            new DryRun(files, catalog, outlooks, clock),
            clock);
    UploadHandler upload = new UploadHandler(files, clock, maxFileBytes);
    ModelHandlers models = new ModelHandlers(catalog);
    return List.of(
        Route.submitting("POST", "/v1/files", upload),
        Route.reading("/v1/files", file::list),
        Route.reading("/v1/files/:id", file::retrieve),
        Route.submitting("DELETE", "/v1/files/:id", file::delete),
        Route.reading("/v1/files/:id/content", file::content),
        Route.submitting("POST", "/v1/batches", create),
        Route.reading("/v1/batches", batch::list),
        Route.reading("/v1/batches/:id", batch::retrieve),
        Route.submitting("POST", "/v1/batches/:id/cancel", batch::cancel),
        Route.reading("/v1/models", models::list),
        Route.reading("/v1/models/:id", models::retrieve));
  }
}
