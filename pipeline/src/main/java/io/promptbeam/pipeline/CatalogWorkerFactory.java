package io.promptbeam.pipeline;

import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import io.promptbeam.trace.Tracing;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Opens workers on any machine: reads the catalog and connects to Bigtable where the pipeline runs.
 * Secrets are resolved there too; this object holds only their references.
 *
 * @param bigtable as {@link BigtableTarget#parse} reads it
 * @param models a local path or {@code gs://} location of models.yaml
 * @param events where workers publish what has ended
 * @param traces where workers send spans
 */
public record CatalogWorkerFactory(
    String bigtable, String models, JobEvents events, TraceExport traces)
    implements Worker.Factory {
  private static final long serialVersionUID = 1L;

  /** Every worker asks the storage service that often. */
  private static final Duration LOOK = Duration.ofSeconds(30);

  /** With traces as the machine's variables say. */
  public CatalogWorkerFactory(String bigtable, String models, JobEvents events) {
    this(bigtable, models, events, TraceExport.OF_ENVIRONMENT);
  }

  @Override
  public String key() {
    return bigtable + " " + models + " " + events + " " + traces;
  }

  /** Leaves nothing open when it fails: a runner tries again for as long as it takes. */
  @Override
  public Worker open() {
    Deque<Runnable> opened = new ArrayDeque<>();
    try {
      CatalogSource catalog = catalog();
      opened.push(catalog::close);
      HttpLlmClients clients = HttpLlmClients.open(catalog.get(), SecretResolver.ofProcess());
      opened.push(clients::close);
      catalog.onChange(clients::update);
      JobStore store = BigtableJobStore.open(BigtableTarget.parse(bigtable));
      opened.push(store::close);
      Tracing tracing = traces.open();
      opened.push(tracing::close);
      return new EngineWorker(
          store, clients, EngineConfig.DEFAULT.withTracing(tracing), events, catalog::close);
    } catch (RuntimeException e) {
      opened.forEach(Runnable::run);
      throw e;
    }
  }

  private CatalogSource catalog() {
    try {
      return CatalogSource.following(() -> CatalogFile.read(models), LOOK);
    } catch (InvalidCatalogException e) {
      throw new IllegalStateException("the model catalog is invalid", e);
    }
  }
}
