package io.promptbeam.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.messages.batches.BatchCreateParams;
import com.anthropic.models.messages.batches.MessageBatch;
import com.anthropic.models.messages.batches.MessageBatch.ProcessingStatus;
import com.anthropic.models.messages.batches.MessageBatchIndividualResponse;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.models.batches.Batch;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.local.Await;
import io.promptbeam.local.OpenAiBatches;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches that end before all their lines were called, by the official clients. */
@Timeout(240)
class BatchCutIT {
  private static final int LINES = 1_000;
  private static final int IN_FLIGHT = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Closing closing = new Closing();
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicLong lastCallNanos = new AtomicLong();
  private final Stack stack;
  private final ModelCatalog models;
  private final OpenAiBatches client;

  BatchCutIT() throws Exception {
    stack = closing.add("stack", Stack.open(new Backends(Optional.empty(), Optional.empty())));
    models = models();
    var unused = stack.startPipeline(models);
    client = closing.add("client", new OpenAiBatches(serve(Clock.systemUTC()).port(), 2));
  }

  private ApiServer serve(Clock clock) throws Exception {
    ApiServer server =
        stack.closeWithThis(
            "service",
            new ApiServer(ApiConfig.loopback(0), stack.store(), stack.publisher(), models, clock));
    server.start();
    return server;
  }

  /** So slow that a thousand lines take minutes. */
  private ModelCatalog models() throws Exception {
    SimulatedProvider provider =
        closing.add(
            "provider",
            SimulatedProvider.start(
                "slow",
                new Simulation(7, Duration.ofSeconds(2), 0, 0, 0, 0, OptionalLong.empty())));
    provider.observe(
        (nanos, path, body) -> {
          calls.incrementAndGet();
          lastCallNanos.accumulateAndGet(nanos, Math::max);
        });
    return ModelCatalogLoader.parse(
        "models.yaml",
        "models: [{id: slow, provider: openai, base_url: '%s', max_in_flight: %d}]"
            .formatted(provider.baseUrl(), IN_FLIGHT));
  }

  @AfterEach
  void close() {
    closing.close();
  }

  private Batch created(String window) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < LINES; i++) {
      lines.append(OpenAiBatches.line("c-" + i, "slow", "Say " + i));
    }
    return client.create(client.upload(lines.toString()), window);
  }

  private Batch awaitStatus(String id, Batch.Status wanted) throws Exception {
    return Await.until(
        "the batch is " + wanted,
        PATIENCE,
        () -> client.retrieve(id),
        batch -> batch.status().equals(wanted));
  }

  private void awaitCalls(int enough) throws Exception {
    Await.until("calls are made", calls::get, n -> n >= enough);
  }

  private static void assertWhole(List<JsonNode> output, List<JsonNode> errors) {
    assertThat(Stream.concat(output.stream(), errors.stream()))
        .extracting(line -> line.path("custom_id").asText())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, LINES).mapToObj(i -> "c-" + i).toList());
  }

  private static void assertRest(List<JsonNode> errors, String code) {
    assertThat(errors)
        .allSatisfy(
            line -> {
              assertThat(line.at("/error/code").asText()).isEqualTo(code);
              assertThat(line.path("response").isNull()).isTrue();
            });
  }

  @Test
  void rest_isBatchExpired_whenTheWindowIsOver() throws Exception {
    Batch created = created("1m");
    assertThat(created.expiresAt()).contains(created.createdAt() + 60);

    Batch ended = awaitStatus(created.id(), Batch.Status.EXPIRED);

    var counts = ended.requestCounts().orElseThrow();
    long lateBy = ended.expiredAt().orElseThrow() - ended.expiresAt().orElseThrow();
    System.out.printf(
        "window of 1m: %d of %d lines completed in %d calls; ended %d s after it%n",
        counts.completed(), counts.total(), calls.get(), lateBy);
    assertThat(counts.total()).isEqualTo(LINES);
    assertThat(counts.completed()).isPositive();
    assertThat(counts.failed()).as("what was not called has not failed").isZero();
    assertThat(lateBy).isBetween(0L, 30L);
    List<JsonNode> output = client.lines(ended.outputFileId().orElseThrow());
    List<JsonNode> errors = client.lines(ended.errorFileId().orElseThrow());
    assertThat(output).hasSize((int) counts.completed());
    assertWhole(output, errors);
    assertRest(errors, "batch_expired");
    // What is being called then has not ended by then.
    assertThat(calls.get()).isBetween(output.size(), output.size() + IN_FLIGHT);
  }

  @Test
  void calls_stop_whenTheBatchIsCancelledMidRun() throws Exception {
    String id = created("24h").id();
    awaitCalls(50);

    Batch cancelling = client.cancel(id);
    long cancelledNanos = System.nanoTime();
    Batch ended = awaitStatus(id, Batch.Status.CANCELLED);

    System.out.printf(
        "cancelled by its client after %d calls: last call %d ms, end %d ms after the answer%n",
        calls.get(),
        Duration.ofNanos(lastCallNanos.get() - cancelledNanos).toMillis(),
        Duration.ofNanos(System.nanoTime() - cancelledNanos).toMillis());
    assertThat(cancelling.status()).isEqualTo(Batch.Status.CANCELLING);
    assertThat(lastCallNanos.get() - cancelledNanos).isLessThan(Duration.ofSeconds(3).toNanos());
    var counts = ended.requestCounts().orElseThrow();
    assertThat(counts.failed()).as("what was not called has not failed").isZero();
    assertThat(counts.completed()).as("what was called is kept").isEqualTo(calls.get());
    List<JsonNode> errors = client.lines(ended.errorFileId().orElseThrow());
    assertWhole(client.lines(ended.outputFileId().orElseThrow()), errors);
    assertRest(errors, "batch_cancelled");
  }

  /**
   * Its protocol has no window but 24 hours, so the batch comes by a service whose clock is nearly
   * a day behind.
   */
  @Test
  void rest_isExpired_whenTheWindowOfAMessageBatchIsOver() throws Exception {
    Clock late = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(40).minusDays(1));
    AnthropicClient anthropic =
        AnthropicOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + serve(late).port())
            .apiKey("any")
            .build();
    closing.add("client", anthropic::close);
    var batches = anthropic.messages().batches();
    BatchCreateParams.Builder requests = BatchCreateParams.builder();
    for (int i = 0; i < LINES; i++) {
      requests.addRequest(
          BatchCreateParams.Request.builder()
              .customId("c-" + i)
              .params(
                  BatchCreateParams.Request.Params.builder()
                      .model("slow")
                      .maxTokens(20)
                      .addUserMessage("Say " + i)
                      .build())
              .build());
    }
    String id = batches.create(requests.build()).id();
    MessageBatch ended =
        Await.until(
            "the batch has ended",
            PATIENCE,
            () -> batches.retrieve(id),
            batch -> batch.processingStatus().equals(ProcessingStatus.ENDED));

    System.out.printf(
        "window of 24h by a late clock: %d of %d lines succeeded in %d calls%n",
        ended.requestCounts().succeeded(), LINES, calls.get());
    var counts = ended.requestCounts();
    assertThat(counts.succeeded()).isPositive();
    assertThat(counts.succeeded() + counts.expired()).isEqualTo(LINES);
    assertThat(calls.get() - counts.succeeded()).isBetween(0L, (long) IN_FLIGHT);
    List<MessageBatchIndividualResponse> results = new ArrayList<>();
    try (StreamResponse<MessageBatchIndividualResponse> stream = batches.resultsStreaming(id)) {
      stream.stream().map(MessageBatchIndividualResponse::validate).forEach(results::add);
    }
    assertThat(results)
        .extracting(MessageBatchIndividualResponse::customId)
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, LINES).mapToObj(i -> "c-" + i).toList());
    assertThat(results.stream().filter(each -> each.result().isExpired()).count())
        .isEqualTo(counts.expired());
    assertThat(results.stream().filter(each -> each.result().isSucceeded()).count())
        .isEqualTo(counts.succeeded());
  }
}
