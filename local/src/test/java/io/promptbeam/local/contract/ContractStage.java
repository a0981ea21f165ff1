package io.promptbeam.local.contract;

import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.Scope;
import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiLimits;
import io.promptbeam.api.ApiServer;
import io.promptbeam.api.anthropic.MessageBatchLimits;
import io.promptbeam.api.deadletters.DeadLetterDesk;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Owner;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.store.ApiKeyStore;
import io.promptbeam.store.IssuedKeys;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** A whole service with models that answer, refuse and dawdle, and one whose store is away. */
final class ContractStage implements AutoCloseable {
  static final int MAX_BODY_BYTES = 100_000;
  static final int MAX_FILE_BYTES = 200_000;

  private static final String MODELS =
      """
      models:
        - id: demo
          provider: simulated
          requests_per_minute: 60000
          max_in_flight: 100
          price_per_million_tokens: {input: 0.15, cached_input: 0.075, output: 0.60}
          simulated: {seed: 1, latency_ms_median: 20, latency_sigma: 0.1}
        - id: slow
          provider: simulated
          max_in_flight: 5
          simulated: {seed: 2, latency_ms_median: 600000, latency_sigma: 0.0}
        - id: refuses
          provider: simulated
          simulated: {seed: 3, latency_ms_median: 20, refusal_rate: 1.0}
      """;
  private static final String GONE = "  - {id: gone, provider: simulated}\n";
  private static final String OWNERS =
      """
      owners:
        - {name: ann, budget_usd_per_day: 50}
        - {name: hasty, max_waiting: 1}
      """;

  final String ann;
  final String reader;
  final String writer;
  final String hasty;
  final String admin;

  private final Stack stack;
  private final AtomicReference<ModelCatalog> models;
  private final ApiServer server;
  private final ApiServer withoutStore;

  ContractStage() throws Exception {
    models = new AtomicReference<>(ModelCatalogLoader.parse("models", MODELS + GONE + OWNERS));
    stack = Stack.open(new Backends(Optional.empty(), Optional.empty()));
    stack.startPipeline(models.get());
    server = serve(stack.store(), Optional.of(stack.deadLetters()));
    withoutStore = serve(away(JobStore.class, stack.store()), Optional.empty());
    ann = key("ann", Scope.SUBMIT, Scope.READ);
    reader = key("reader", Scope.READ);
    writer = key("writer", Scope.SUBMIT);
    hasty = key("hasty", Scope.SUBMIT, Scope.READ);
    admin = key("ops", Scope.ADMIN);
  }

  private ApiServer serve(JobStore store, Optional<DeadLetterDesk> desk) throws IOException {
    ApiConfig config =
        ApiConfig.loopback(0)
            .withAccess(Access.LOOPBACK.withStoredKeys())
            .withLimits(
                ApiLimits.DEFAULT
                    .withMaxBodyBytes(MAX_BODY_BYTES)
                    .withMaxFileBytes(MAX_FILE_BYTES)
                    .withMessageBatches(
                        new MessageBatchLimits(MAX_BODY_BYTES, 1_000, Duration.ofMinutes(10))));
    ApiServer made =
        new ApiServer(config, store, stack.publisher(), models::get, Clock.systemUTC(), desk);
    made.start();
    return made;
  }

  /** Answers nothing but what keys there are. */
  private static <T> T away(Class<T> type, Object real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Class<?> result = method.getReturnType();
              if (CompletableFuture.class.equals(result)) {
                return CompletableFuture.failedFuture(
                    new StoreUnavailableException("down", new IOException("down")));
              }
              try {
                Object given = method.invoke(real, arguments);
                return result.isInterface()
                        && result.getPackageName().startsWith(JobStore.class.getPackageName())
                        && !result.equals(ApiKeyStore.class)
                    ? away(result, given)
                    : given;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private String key(String owner, Scope... scopes) {
    return new IssuedKeys(stack.store().apiKeys(), Clock.systemUTC())
        .create(
            new KeyRequest(
                new Owner(owner),
                "contract",
                Optional.of(Set.of(scopes)),
                Optional.empty(),
                Optional.empty()))
        .join()
        .text()
        .reveal();
  }

  /** Sends messages that the pipeline cannot read. */
  void spoil(int messages) {
    Spoiled.publish(stack, messages);
  }

  URI uri() {
    return server.uri();
  }

  URI withoutStore() {
    return withoutStore.uri();
  }

  /** From now on, jobs of {@code gone} name a model that is not configured. */
  void forgetModel() throws Exception {
    models.set(ModelCatalogLoader.parse("models", MODELS + OWNERS));
  }

  @Override
  public void close() {
    server.close();
    withoutStore.close();
    stack.close();
  }
}
