package io.promptbeam.pipeline;

import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.io.FileSystems;

/**
 * Opens workers on any machine: reads the catalog and connects to Bigtable where the pipeline runs.
 * Secrets are resolved there too; this object holds only their references.
 *
 * @param bigtable as {@link BigtableTarget#parse} reads it
 * @param models a local path or {@code gs://} location of models.yaml
 */
public record CatalogWorkerFactory(String bigtable, String models) implements Worker.Factory {
  private static final long serialVersionUID = 1L;

  @Override
  public String key() {
    return bigtable + " " + models;
  }

  @Override
  public Worker open() {
    ModelCatalog catalog = catalog();
    return new EngineWorker(
        BigtableJobStore.open(BigtableTarget.parse(bigtable)),
        HttpLlmClients.open(catalog, SecretResolver.ofProcess()),
        EngineConfig.DEFAULT);
  }

  private ModelCatalog catalog() {
    try {
      return ModelCatalogLoader.parse(models, read(models));
    } catch (InvalidCatalogException e) {
      throw new IllegalStateException("the model catalog is invalid", e);
    }
  }

  private static String read(String location) {
    try (var channel = FileSystems.open(FileSystems.matchSingleFileSpec(location).resourceId())) {
      return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the model catalog at " + location, e);
    }
  }
}
