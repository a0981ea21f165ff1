package io.promptbeam.api.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.cloud.bigtable.emulator.v2.Emulator;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiKeys;
import io.promptbeam.api.ApiLimits;
import io.promptbeam.api.ApiServer;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.Calls;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.FileStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The service over an emulated Bigtable, with a pipeline whose steps are taken by hand. */
final class BatchService implements AutoCloseable {
  static final long MAX_FILE_BYTES = 20_000_000;
  static final String MODEL = "gpt-test";
  static final String ANTHROPIC_MODEL = "claude-test";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  final List<BatchId> published = new CopyOnWriteArrayList<>();

  /** How many more segments the service can read. */
  final AtomicInteger linesUntilFailure = new AtomicInteger(Integer.MAX_VALUE);

  /** Pieces of files are given once it is done. */
  volatile CompletableFuture<Void> chunksHeld = CompletableFuture.completedFuture(null);

  final AtomicInteger chunksAsked = new AtomicInteger();

  final BigtableJobStore store;
  private final Emulator emulator;
  private final ApiServer server;

  BatchService(Path directory) throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    var target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
    Path keys = Files.createTempFile(directory, "keys", ".txt");
    StringBuilder owners = new StringBuilder();
    for (String owner : List.of("alice", "bob", "carol", "dave", "erin", "frank")) {
      owners.append(owner).append(' ').append(sha256("key-" + owner)).append('\n');
    }
    Files.writeString(keys, owners);
    server =
        new ApiServer(
            ApiConfig.loopback(0)
                .withKeys(ApiKeys.read(keys))
                .withLimits(ApiLimits.DEFAULT.withMaxFileBytes(MAX_FILE_BYTES)),
            failing(
                JobStore.class,
                failing(
                    JobStore.class,
                    store,
                    "batches",
                    real -> failing(BatchStore.class, real, "lines", this::orFail)),
                "files",
                real -> failing(FileStore.class, real, "chunk", this::held)),
            publisher(),
            new ModelCatalog(
                    List.of(
                        model(MODEL, ProviderKind.OPENAI),
                        model(ANTHROPIC_MODEL, ProviderKind.ANTHROPIC)))
                .configuredAt(Instant.parse("2026-11-01T00:00:00Z")),
            Clock.systemUTC());
    server.start();
  }

  private static String sha256(String key) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8)));
  }

  private static ModelConfig model(String id, ProviderKind provider) {
    return new ModelConfig(
        id,
        provider,
        Optional.empty(),
        Optional.empty(),
        "upstream",
        new RateLimits(60, RateLimits.UNLIMITED, 10),
        new Pricing(new BigDecimal("0.15"), new BigDecimal("0.60")),
        Timeouts.DEFAULT,
        Optional.empty());
  }

  /** The same but for one method's results. */
  private static <T> T failing(
      Class<T> type, Object real, String name, UnaryOperator<Object> change) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Object result = method.invoke(real, arguments);
              return method.getName().equals(name) ? change.apply(result) : result;
            }));
  }

  private Object orFail(Object lines) {
    return linesUntilFailure.getAndDecrement() > 0
        ? lines
        : CompletableFuture.failedFuture(new StoreUnavailableException("down", new IOException()));
  }

  private Object held(Object chunk) {
    chunksAsked.incrementAndGet();
    Object later = chunksHeld.thenCompose(done -> (CompletableFuture<?>) chunk);
    return later;
  }

  int port() {
    return server.port();
  }

  OpenAIClient client(String key) {
    return client(key, port());
  }

  static OpenAIClient client(String key, int port) {
    return OpenAIOkHttpClient.builder()
        .baseUrl("http://127.0.0.1:" + port + "/v1")
        .apiKey(key)
        .build();
  }

  /** An answer as it came. */
  record Answer(int status, String body) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + body, e);
      }
    }

    String param() {
      return json().path("error").path("param").asText();
    }
  }

  /** The id of a file for batches. */
  String upload(String key, String lines) {
    return client(key)
        .files()
        .create(
            FileCreateParams.builder()
                .purpose(FilePurpose.BATCH)
                .file(lines.getBytes(UTF_8))
                .build())
        .id();
  }

  Answer get(String key, String path) throws Exception {
    return call(HttpRequest.newBuilder().GET(), key, path);
  }

  /** Headers are given as name, value, name, value. */
  Answer post(String key, String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder()
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    return call(headers.length == 0 ? request : request.headers(headers), key, path);
  }

  private Answer call(HttpRequest.Builder request, String key, String path) throws Exception {
    HttpResponse<String> answer =
        http.send(
            request
                .uri(URI.create("http://127.0.0.1:" + port() + path))
                .header("Authorization", "Bearer " + key)
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return new Answer(answer.statusCode(), answer.body());
  }

  private JobPublisher publisher() {
    return new JobPublisher() {
      @Override
      public CompletableFuture<Void> publish(JobReference reference) {
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public CompletableFuture<Void> publishTogether(List<JobReference> references) {
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
        published.add(batch);
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public void close() {}
    };
  }

  static BatchId id(String text) {
    return BatchId.parse(text, BatchProtocol.OPENAI).orElseThrow();
  }

  Batch batch(String id) {
    return store.batches().read(id(id)).join().orElseThrow();
  }

  /** Writes {@code lines} lines with the custom ids c0, c1 and so on, and starts the batch. */
  void expand(String id, int lines, String model) {
    Batch batch = batch(id);
    putLines(batch, lines, model);
    write(batch, batch.run().started(lines, Instant.now()));
  }

  void putLines(Batch batch, int lines, String model) {
    Map<JobSpec, LlmRequest> rows = new LinkedHashMap<>();
    for (int i = 0; i < lines; i++) {
      var labels =
          new JobLabels(
              JobLabels.GENERIC,
              Optional.empty(),
              Optional.of(batch.spec().id().text(batch.spec().protocol())),
              Optional.of("c" + i),
              Map.of());
      rows.put(
          new JobSpec(
              new BatchLine(batch.spec().id(), i).jobId(),
              batch.spec().owner(),
              model,
              labels,
              new JobLimits(Priority.BATCH, 10, batch.spec().expiresAt(), 3),
              batch.spec().createdAt(),
              Optional.empty()),
          new LlmRequest.Native(
              batch.spec().endpoint(), JsonNodeFactory.instance.objectNode().put("model", model)));
    }
    store.batches().putLines(rows).join();
  }

  void write(Batch batch, BatchRun next) {
    if (store.batches().compareAndSet(batch, next).join().isEmpty()) {
      throw new AssertionError("somebody else wrote");
    }
  }

  boolean open(String id, int segment) {
    return store.batches().open(id(id), segment).join();
  }

  void complete(String id, int line, String answer) {
    apply(id, line, new JobEvent.Claim("t", Duration.ofMinutes(1)), Optional.empty());
    apply(
        id,
        line,
        new JobEvent.Complete("t", Calls.paid(new Usage(10, 4, 5, 2), new BigDecimal("0.001"))),
        Optional.of(answer.getBytes(UTF_8)));
  }

  void fail(String id, int line, JobError error) {
    apply(id, line, new JobEvent.Claim("t", Duration.ofMinutes(1)), Optional.empty());
    apply(id, line, new JobEvent.Fail("t", error, Calls.NONE), Optional.empty());
  }

  void apply(String id, int line, JobEvent event, Optional<byte[]> result) {
    var job = new BatchLine(id(id), line).jobId();
    Job known = store.read(job, Set.of()).join().orElseThrow();
    var applied = new Jobs(store, Clock.systemUTC()).apply(known, event, result).join();
    if (!(applied instanceof Jobs.Applied.Done)) {
      throw new AssertionError(applied);
    }
  }

  void finish(String id, int segment) {
    SegmentTally sum = SegmentTally.NONE;
    for (Job line : store.batches().lines(id(id), segment, Set.of()).join()) {
      sum = sum.plus(line.run());
    }
    store.batches().finish(id(id), segment, sum).join();
  }

  /** Moves the run to its end. */
  void end(String id) {
    end(id, Instant.now());
  }

  void end(String id, Instant at) {
    BatchProgress progress = store.batches().progress(id(id)).join().orElseThrow();
    if (!progress.isAllEnded()) {
      throw new AssertionError("not all segments have ended");
    }
    Batch batch = progress.batch();
    write(batch, batch.run().ended(batch.cut(), progress.total(List.of()), at));
  }

  @Override
  public void close() throws IOException {
    server.close();
    store.close();
    emulator.stop();
  }
}
