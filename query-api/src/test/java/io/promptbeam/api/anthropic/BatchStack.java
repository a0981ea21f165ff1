package io.promptbeam.api.anthropic;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiLimits;
import io.promptbeam.api.ApiServer;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.Owner;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.testing.FaultyProxy;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** A server over the Bigtable emulator, reached through a proxy that may go wrong. */
final class BatchStack implements AutoCloseable {
  static final ModelCatalog CATALOG =
      new ModelCatalog(
          List.of(model("claude", ProviderKind.ANTHROPIC), model("gpt", ProviderKind.OPENAI)));

  final Emulator emulator;
  final JobStore store;
  final ApiServer server;
  final FaultyProxy proxy;
  final List<BatchId> published = new CopyOnWriteArrayList<>();

  /** Files whose every piece is stored, and that were not removed. */
  final Set<FileId> files = ConcurrentHashMap.newKeySet();

  /** What becomes of the next creations in the store, each given the real one to call. */
  final ConcurrentLinkedQueue<Fate> creations = new ConcurrentLinkedQueue<>();

  /** What happens when the next batches are published, before their creations are answered. */
  final ConcurrentLinkedQueue<Runnable> publications = new ConcurrentLinkedQueue<>();

  private final List<AnthropicClient> clients = new ArrayList<>();

  BatchStack(MessageBatchLimits limits) throws IOException, InterruptedException, TimeoutException {
    this(ApiConfig.loopback(0).withLimits(ApiLimits.DEFAULT.withMessageBatches(limits)));
  }

  BatchStack(ApiConfig config) throws IOException, InterruptedException, TimeoutException {
    emulator = Emulator.createBundled();
    emulator.start();
    var target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
    server = new ApiServer(config, watched(), publisher(), CATALOG, Clock.systemUTC());
    server.start();
    proxy = FaultyProxy.to("127.0.0.1", server.port());
  }

  private static ModelConfig model(String id, ProviderKind provider) {
    return new ModelConfig(
        id,
        provider,
        Optional.empty(),
        Optional.empty(),
        id,
        new RateLimits(60, RateLimits.UNLIMITED, 10),
        new Pricing(new BigDecimal("0.15"), new BigDecimal("0.60")),
        Timeouts.DEFAULT,
        Optional.empty());
  }

  static StoreUnavailableException down() {
    return new StoreUnavailableException("down", new IOException("down"));
  }

  /** One that retries as it does by itself. */
  AnthropicClient client() {
    AnthropicClient client =
        AnthropicOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + proxy.port())
            .apiKey("sk-ant-none")
            .build();
    clients.add(client);
    return client;
  }

  static BatchCreateParams.Request request(String customId, String model, String text) {
    return BatchCreateParams.Request.builder()
        .customId(customId)
        .params(
            BatchCreateParams.Request.Params.builder()
                .model(model)
                .maxTokens(100)
                .addUserMessage(text)
                .build())
        .build();
  }

  static BatchCreateParams requests(int count) {
    BatchCreateParams.Builder params = BatchCreateParams.builder().requests(List.of());
    for (int i = 0; i < count; i++) {
      params.addRequest(request("r-" + i, i % 2 == 0 ? "claude" : "gpt", "Question " + i));
    }
    return params.build();
  }

  /** All batches of the one owner there is. */
  List<String> batches() {
    return store
        .batches()
        .list(Owner.LOCAL, BatchProtocol.ANTHROPIC, Optional.empty(), 1_000)
        .join()
        .stream()
        .map(b -> b.spec().id().text(BatchProtocol.ANTHROPIC))
        .toList();
  }

  private JobStore watched() {
    BatchStore batches = store.batches();
    FileStore stored = store.files();
    BatchStore watchedBatches =
        proxy(
            BatchStore.class,
            (method, arguments) -> {
              Fate fate = method.getName().equals("create") ? creations.poll() : null;
              return fate == null
                  ? call(batches, method, arguments)
                  : fate.of(() -> batches.create((BatchSpec) arguments[0]));
            });
    FileStore watchedFiles =
        proxy(
            FileStore.class,
            (method, arguments) -> {
              if (method.getName().equals("complete")) {
                files.add(((StoredFile) arguments[0]).id());
              } else if (method.getName().equals("delete")) {
                files.remove(((StoredFile) arguments[0]).id());
              }
              return call(stored, method, arguments);
            });
    return proxy(
        JobStore.class,
        (method, arguments) ->
            switch (method.getName()) {
              case "batches" -> watchedBatches;
              case "files" -> watchedFiles;
              default -> call(store, method, arguments);
            });
  }

  /** What happens instead of a call of the store. */
  interface Fate {
    CompletableFuture<?> of(Supplier<CompletableFuture<?>> call);
  }

  private interface Calls {
    Object call(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Calls calls) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> calls.call(method, arguments)));
  }

  private static Object call(Object on, Method method, Object[] arguments) throws Throwable {
    try {
      method.setAccessible(true);
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private JobPublisher publisher() {
    return new JobPublisher() {
      @Override
      public CompletableFuture<Void> publish(JobReference reference) {
        throw new UnsupportedOperationException("no jobs here");
      }

      @Override
      public CompletableFuture<Void> publishTogether(List<JobReference> references) {
        throw new UnsupportedOperationException("no jobs here");
      }

      @Override
      public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
        published.add(batch);
        Runnable effect = publications.poll();
        if (effect != null) {
          effect.run();
        }
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public void close() {}
    };
  }

  /** Breaks every connection there is; new ones work. */
  void breakConnections() {
    try {
      proxy.mode(FaultyProxy.Mode.RESET);
      proxy.mode(FaultyProxy.Mode.PASS);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    clients.forEach(AnthropicClient::close);
    proxy.close();
    server.close();
    store.close();
    emulator.stop();
  }
}
