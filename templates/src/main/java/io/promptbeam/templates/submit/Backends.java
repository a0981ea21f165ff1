package io.promptbeam.templates.submit;

import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.PubsubJobPublisher;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.CatalogFile;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Opens what the options name. */
final class Backends {
  private static final Pattern TOPIC = Pattern.compile("projects/([^/]+)/topics/([^/]+)");

  private Backends() {}

  static BigtableTarget bigtable(SubmitFileOptions options) {
    return BigtableTarget.parse(
        RowMapping.given(options.getBigtable())
            .orElseThrow(() -> new IllegalArgumentException("missing --bigtable")));
  }

  static JobStore store(SubmitFileOptions options) {
    return BigtableJobStore.open(bigtable(options));
  }

  static ModelCatalog models(SubmitFileOptions options) {
    try {
      return CatalogFile.read(options.getModels());
    } catch (InvalidCatalogException e) {
      throw new IllegalStateException("the model catalog is invalid", e);
    }
  }

  /**
   * A topic as the options name it.
   *
   * @param id without its project
   */
  record Topic(PubsubTarget target, String id) {
    static Optional<Topic> of(SubmitFileOptions options) {
      Optional<String> path = RowMapping.given(options.getJobsTopic());
      if (path.isEmpty()) {
        return Optional.empty();
      }
      Matcher parts = TOPIC.matcher(path.get());
      if (!parts.matches()) {
        throw new IllegalArgumentException(
            "--jobsTopic must be projects/PROJECT/topics/NAME, not '" + path.get() + "'");
      }
      String project = parts.group(1);
      Optional<String> emulator = RowMapping.given(options.getPubsubEmulator());
      PubsubTarget target =
          emulator.isPresent()
              ? PubsubTarget.Emulator.parse(emulator.get(), project)
              : new PubsubTarget.Cloud(project);
      return Optional.of(new Topic(target, parts.group(2)));
    }
  }

  /** Of the topic, or one that sends nothing. */
  static JobPublisher publisher(SubmitFileOptions options) throws IOException {
    Optional<Topic> topic = Topic.of(options);
    return topic.isPresent()
        ? PubsubJobPublisher.create(topic.get().target(), topic.get().id())
        : JobPublisher.NONE;
  }

  /** Waits for a store's future; fails as the store does. */
  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreUnavailableException cause ? cause : e;
    }
  }
}
