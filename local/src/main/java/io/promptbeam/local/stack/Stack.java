package io.promptbeam.local.stack;

import io.promptbeam.api.deadletters.DeadLetterDesk;
import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.deadletter.PubsubDesk;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.PubsubJobPublisher;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.PubsubTopology;
import io.promptbeam.pipeline.EngineWorker;
import io.promptbeam.pipeline.JobEvents;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.trace.Tracing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * Everything one process runs of Promptbeam. Opens parts when asked, creates tables, topics and
 * subscriptions that emulators lack, and closes all of it in reverse. Not thread-safe.
 */
public final class Stack implements AutoCloseable {
  /** How long an emulator that is still starting may take. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Closing closing;
  private final BigtableTarget storeTarget;
  private final PubsubTarget queueTarget;
  private final JobStore store;
  private final JobPublisher publisher;
  private final Tracing tracing;

  private Stack(
      Closing closing,
      BigtableTarget storeTarget,
      PubsubTarget queueTarget,
      JobStore store,
      JobPublisher publisher,
      Tracing tracing) {
    this.closing = closing;
    this.storeTarget = storeTarget;
    this.queueTarget = queueTarget;
    this.store = store;
    this.publisher = publisher;
    this.tracing = tracing;
  }

  /** {@link #open(Backends, Tracing)} that traces nothing. */
  public static Stack open(Backends backends) throws IOException {
    return open(backends, Tracing.OFF);
  }

  /**
   * Starts what is embedded, connects to what is not. Blocks for some seconds.
   *
   * @param tracing of what is published and called; closed with the stack
   * @throws IOException with a message for the user
   */
  public static Stack open(Backends backends, Tracing tracing) throws IOException {
    Closing closing = new Closing();
    closing.add("tracing", tracing);
    try {
      BigtableTarget storeTarget =
          backends.store().isPresent() ? backends.store().get() : embeddedStore(closing);
      if (backends.store().isPresent() && storeTarget instanceof BigtableTarget.Emulator) {
        BigtableSchema.createMissing(storeTarget, BigtableSchema.DEFAULT_RETENTION);
      }
      PubsubTarget queueTarget =
          backends.queue().isPresent() ? backends.queue().get() : embeddedQueue(closing);
      if (queueTarget instanceof PubsubTarget.Emulator emulator) {
        PubsubTopology.createMissing(emulator, PubsubNames.DEFAULT, PATIENCE);
      }
      JobStore store = closing.add("job store", BigtableJobStore.open(storeTarget));
      JobPublisher publisher =
          closing.add(
              "publisher",
              PubsubJobPublisher.create(queueTarget, PubsubNames.DEFAULT.jobsTopic(), tracing));
      return new Stack(closing, storeTarget, queueTarget, store, publisher, tracing);
    } catch (UncheckedIOException e) {
      closing.close();
      throw e.getCause();
    } catch (IOException | RuntimeException e) {
      closing.close();
      throw e;
    }
  }

  private static BigtableTarget embeddedStore(Closing closing) throws IOException {
    EmbeddedBigtable bigtable = closing.add("embedded Bigtable", EmbeddedBigtable.start());
    BigtableTarget.Emulator target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
    BigtableSchema.createEmbedded(target);
    return target;
  }

  private static PubsubTarget embeddedQueue(Closing closing) throws IOException {
    EmbeddedPubsub pubsub = closing.add("embedded Pub/Sub", EmbeddedPubsub.start());
    return PubsubTarget.Emulator.parse(pubsub.hostAndPort(), PubsubTarget.DEFAULT_LOCAL_PROJECT);
  }

  public JobStore store() {
    return store;
  }

  public JobPublisher publisher() {
    return publisher;
  }

  /** To the topic that is created with the others. */
  public JobEvents jobEvents() {
    return new JobEvents.To(queueTarget, PubsubNames.DEFAULT.jobEventsTopic());
  }

  /** Where messages go, embedded or not. */
  public PubsubTarget queueTarget() {
    return queueTarget;
  }

  /** For the service beside it; closed with this. */
  public Tracing tracing() {
    return tracing;
  }

  public JobSubmitter submitter() {
    return new JobSubmitter(store, publisher);
  }

  /** What the pipeline could not read; connects when it is asked. */
  public DeadLetterDesk deadLetters() {
    return closing.add("dead letters", new PubsubDesk(queueTarget, PubsubNames.DEFAULT));
  }

  /** {@link #startPipeline(CatalogSource)} with models that do not change. */
  public LocalPipeline startPipeline(ModelCatalog catalog) {
    return startPipeline(CatalogSource.of(catalog));
  }

  /**
   * Starts the pipeline in this process; it ends with this stack.
   *
   * @throws io.promptbeam.catalog.SecretUnavailableException when a model's key cannot be read
   */
  public LocalPipeline startPipeline(CatalogSource catalog) {
    return startPipeline(catalog, JobEvents.OFF);
  }

  /** {@link #startPipeline(CatalogSource)} that publishes what has ended. */
  public LocalPipeline startPipeline(CatalogSource catalog, JobEvents events) {
    HttpLlmClients clients = HttpLlmClients.open(catalog.get(), SecretResolver.ofProcess());
    catalog.onChange(clients::update);
    // A store of its own, since the worker closes what it was given.
    EngineWorker worker =
        new EngineWorker(
            BigtableJobStore.open(storeTarget),
            clients,
            EngineConfig.DEFAULT.withTracing(tracing.lent()),
            events,
            () -> {});
    return closing.add("pipeline", LocalPipeline.start(queueTarget, PubsubNames.DEFAULT, worker));
  }

  /** Closes {@code part} with this stack, before what was opened earlier. */
  public <T extends AutoCloseable> T closeWithThis(String name, T part) {
    return closing.add(name, part);
  }

  @Override
  public void close() {
    closing.close();
  }
}
