package io.promptbeam.api.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.promptbeam.testing.FaultyProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How often OpenAI's own client creates a batch when answers get lost. */
class RepeatedCreateIT {
  private static BatchService service;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    service = new BatchService(directory);
  }

  @AfterAll
  static void stop() throws IOException {
    service.close();
  }

  private static BatchCreateParams.Builder creation(String owner) {
    String file =
        service
            .client("key-" + owner)
            .files()
            .create(
                FileCreateParams.builder()
                    .purpose(FilePurpose.BATCH)
                    .file("{}\n".getBytes(UTF_8))
                    .build())
            .id();
    return BatchCreateParams.builder()
        .inputFileId(file)
        .endpoint(BatchCreateParams.Endpoint.V1_EMBEDDINGS)
        .completionWindow(BatchCreateParams.CompletionWindow._24H);
  }

  private static List<String> batches(String owner) {
    return service.client("key-" + owner).batches().list().items().stream().map(Batch::id).toList();
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void create_makesOneBatch_whenConnectionsBreakBeforeTheAnswer() throws Exception {
    BatchCreateParams creation = creation("bob").build();
    try (FaultyProxy proxy = FaultyProxy.to("127.0.0.1", service.port())) {
      proxy.mode(FaultyProxy.Mode.cutAfter(20));
      OpenAIClient client = BatchService.client("key-bob", proxy.port());
      var created = CompletableFuture.supplyAsync(() -> client.batches().create(creation));
      await(() -> proxy.accepted() >= 2);
      proxy.mode(FaultyProxy.Mode.PASS);
      assertThat(batches("bob")).containsExactly(created.get(30, TimeUnit.SECONDS).id());
    }
  }

  @Test
  void create_makesOneBatch_whenAConnectionThatWasKeptBreaks() throws Exception {
    BatchCreateParams creation = creation("carol").build();
    try (FaultyProxy proxy = FaultyProxy.to("127.0.0.1", service.port())) {
      OpenAIClient client = BatchService.client("key-carol", proxy.port());
      client.models().list();
      assertThat(proxy.accepted()).isEqualTo(1);
      proxy.mode(FaultyProxy.Mode.cutAfter(0));
      var created = CompletableFuture.supplyAsync(() -> client.batches().create(creation));
      await(() -> proxy.accepted() >= 2);
      proxy.mode(FaultyProxy.Mode.PASS);
      assertThat(batches("carol")).containsExactly(created.get(30, TimeUnit.SECONDS).id());
    }
  }

  @Test
  void create_makesOneBatch_whenItIsAnswered503AfterItWasMade() throws Exception {
    BatchCreateParams creation = creation("dave").build();
    try (Forwarder forwarder = new Forwarder(2)) {
      Batch created = BatchService.client("key-dave", forwarder.port()).batches().create(creation);
      assertThat(forwarder.retryCounts).containsExactly("0", "1", "2");
      assertThat(batches("dave")).containsExactly(created.id());
    }
  }

  @Test
  void create_makesTwoBatches_whenTwoAreMeant() {
    BatchCreateParams creation = creation("erin").build();
    OpenAIClient client = service.client("key-erin");
    String first = client.batches().create(creation).id();
    String second = client.batches().create(creation).id();
    assertThat(batches("erin")).containsExactlyInAnyOrder(first, second).doesNotHaveDuplicates();
  }

  @Test
  void create_heedsTheKey_whenThereIsOne() {
    OpenAIClient client = service.client("key-frank");
    BatchCreateParams.Builder creation =
        creation("frank").putAdditionalHeader("Idempotency-Key", "k1");
    String first = client.batches().create(creation.build()).id();
    assertThat(client.batches().create(creation.build()).id()).isEqualTo(first);
    assertThatThrownBy(
            () ->
                client
                    .batches()
                    .create(creation.endpoint(BatchCreateParams.Endpoint.V1_RESPONSES).build()))
        .isInstanceOfSatisfying(
            OpenAIServiceException.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(409);
              assertThat(e.code()).contains("idempotency_conflict");
            });
    assertThat(batches("frank")).containsExactly(first);
  }

  /** Hands requests on, and answers the first of them with 503 instead of what came back. */
  private static final class Forwarder implements AutoCloseable {
    private final HttpServer server;
    private final HttpClient http = HttpClient.newHttpClient();
    private final int lost;
    final List<String> retryCounts = new CopyOnWriteArrayList<>();

    Forwarder(int lost) throws IOException {
      this.lost = lost;
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", this::forward);
      server.start();
    }

    int port() {
      return server.getAddress().getPort();
    }

    private void forward(HttpExchange exchange) throws IOException {
      var headers = exchange.getRequestHeaders();
      String count = headers.getFirst("X-Stainless-Retry-Count");
      retryCounts.add(count);
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + service.port() + exchange.getRequestURI()))
              .header("Authorization", headers.getFirst("Authorization"))
              .header("Content-Type", headers.getFirst("Content-Type"))
              .header("X-Stainless-Retry-Count", count)
              .method(
                  exchange.getRequestMethod(),
                  HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
              .build();
      try {
        HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        boolean lose = retryCounts.size() <= lost;
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        byte[] body = lose ? "{}".getBytes(UTF_8) : answer.body();
        exchange.sendResponseHeaders(lose ? 503 : answer.statusCode(), body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
