package io.promptbeam.api;

import io.promptbeam.api.access.KeyRoutes;
import io.promptbeam.api.anthropic.MessageBatchRoutes;
import io.promptbeam.api.anthropic.MessageForm;
import io.promptbeam.api.batches.SharedBatchRoutes;
import io.promptbeam.api.console.ConsoleRoutes;
import io.promptbeam.api.contract.ContractRoutes;
import io.promptbeam.api.deadletters.DeadLetterDesk;
import io.promptbeam.api.deadletters.DeadLetterRoutes;
import io.promptbeam.api.http.HttpFigures;
import io.promptbeam.api.http.Route;
import io.promptbeam.api.jobs.JobRoutes;
import io.promptbeam.api.openai.OpenAiForm;
import io.promptbeam.api.openai.OpenAiRoutes;
import io.promptbeam.api.overview.OverviewHandler;
import io.promptbeam.api.spark.HttpHost;
import io.promptbeam.api.usage.UsageHandler;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.BatchCreation;
import io.promptbeam.submit.JobSubmitter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The HTTP service. Starts once and stops once; several may run in one process. The store and the
 * publisher stay the caller's to close, after this.
 */
public final class ApiServer implements AutoCloseable {
  private final ApiConfig config;
  private final JobRoutes jobs;
  private final DeadLetterRoutes deadLetters;
  private final List<Route> routes = new ArrayList<>();
  private final HttpHost host;

  /** With models that do not change. */
  public ApiServer(
      ApiConfig config, JobStore store, JobPublisher publisher, ModelCatalog catalog, Clock clock) {
    this(config, store, publisher, () -> catalog, clock);
  }

  /** Without dead letters to look at. */
  public ApiServer(
      ApiConfig config,
      JobStore store,
      JobPublisher publisher,
      Supplier<ModelCatalog> catalog,
      Clock clock) {
    this(config, store, publisher, catalog, clock, Optional.empty());
  }

  /**
   * Does not listen yet.
   *
   * @param catalog asked for each request, since it may change
   * @param desk stays the caller's to close, after this
   * @throws IllegalArgumentException when it would serve other machines without keys
   */
  public ApiServer(
      ApiConfig config,
      JobStore store,
      JobPublisher publisher,
      Supplier<ModelCatalog> catalog,
      Clock clock,
      Optional<DeadLetterDesk> desk) {
    this.config = config;
    refuseOpenDoor(config);
    ApiLimits limits = config.limits();
    jobs =
        new JobRoutes(
            store,
            new JobSubmitter(store, publisher, config.publishWait()),
            catalog,
            clock,
            new JobRoutes.Bounds(
                limits.maxWaiters(), limits.cacheBytes(), limits.cacheTimeToLive()),
            Gates.tokenSecret(config, store));
    routes.addAll(jobs.routes());
    routes.add(Route.reading(UsageHandler.PATH, new UsageHandler(store.usage(), catalog, clock)));
    routes.add(
        Route.reading(
            OverviewHandler.PATH,
            new OverviewHandler(
                jobs.board(),
                store.usage(),
                catalog,
                clock,
                // Where nobody proves who he is, there is one owner, and it is his service.
                caller -> caller.isAdmin() || config.access().isByLoopback())));
    routes.addAll(
        OpenAiRoutes.of(
            store, publisher, config.publishWait(), catalog, clock, limits.maxFileBytes()));
    routes.addAll(
        SharedBatchRoutes.of(
            store,
            new BatchCreation(store::batches, publisher, config.publishWait()),
            Map.of(
                BatchProtocol.OPENAI,
                new OpenAiForm(catalog),
                BatchProtocol.ANTHROPIC,
                new MessageForm()),
            catalog,
            clock));
    routes.addAll(Probes.routes(store));
    routes.addAll(
        new MessageBatchRoutes(
                store, publisher, config.publishWait(), catalog, limits.messageBatches(), clock)
            .routes());
    routes.addAll(KeyRoutes.of(() -> new IssuedKeys(store.apiKeys(), clock), clock));
    routes.addAll(ConsoleRoutes.of());
    routes.addAll(ContractRoutes.routes());
    deadLetters = new DeadLetterRoutes(desk, config.storeTimeout().multipliedBy(9).dividedBy(10));
    routes.addAll(deadLetters.routes());
    host =
        new HttpHost(
            new HttpHost.Settings(
                config.host(),
                config.port(),
                limits.maxBodyBytes(),
                limits.maxHeaderBytes(),
                limits.idleTimeout(),
                limits.patience(),
                limits.maxThreads(),
                limits.maxQueued(),
                config.storeTimeout()),
            routes,
            Gates.of(config, store, clock),
            config.tracing());
  }

  private static void refuseOpenDoor(ApiConfig config) {
    if (!config.access().isByLoopback()) {
      return;
    }
    try {
      for (InetAddress address : InetAddress.getAllByName(config.host())) {
        if (!address.isLoopbackAddress()) {
          throw new IllegalArgumentException(
              "Listening on "
                  + config.host()
                  + " would let other machines in without a key. Give API keys (--require-keys, or"
                  + " --api-keys FILE) or take tokens (--id-token-audience, --iap-audience), or"
                  + " listen on 127.0.0.1.");
        }
      }
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("There is no address " + config.host() + ".", e);
    }
  }

  /**
   * Returns once requests are answered.
   *
   * @throws IOException when the address cannot be listened on, for example because the port is in
   *     use
   */
  public void start() throws IOException {
    host.start();
  }

  /** What it answers, each with the scope it needs. */
  List<Route> routes() {
    return List.copyOf(routes);
  }

  /** What it was asked and answered, counted while it runs. */
  public HttpFigures figures() {
    return host.figures();
  }

  /** The port it listens on, once started. */
  public int port() {
    return host.port();
  }

  /** Where it is, once started, without a trailing slash. */
  public URI uri() {
    String name = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
    return URI.create("http://" + name + ":" + port());
  }

  /** Answers who waits, then stops. Does nothing when it is stopped already. */
  public void stop() {
    jobs.close();
    deadLetters.close();
    host.stop();
  }

  @Override
  public void close() {
    stop();
  }
}
