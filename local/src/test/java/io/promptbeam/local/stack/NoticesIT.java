package io.promptbeam.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.Headers;
import com.openai.models.webhooks.UnwrapWebhookEvent;
import com.openai.models.webhooks.WebhookVerificationParams;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.stack.WebhookReceiver.Received;
import io.promptbeam.store.DueEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Webhooks from the end of a batch or a job to a receiver that checks them as OpenAI's SDK does.
 */
@Timeout(180)
class NoticesIT {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Closing closing = new Closing();
  private final WebhookReceiver receiver;
  private final Stack stack;
  private final ModelCatalog models;
  private final Work work;
  private final OpenAIClient client;

  NoticesIT(@TempDir Path directory) throws Exception {
    receiver = closing.add("receiver", new WebhookReceiver());
    Path secret = Files.writeString(directory.resolve("secret"), SECRET + "\n");
    models =
        ModelCatalogLoader.parse(
            "models.yaml",
            "webhook_allow_private: true\n"
                + "models: [{id: m, provider: simulated, simulated: {latency_ms_median: 5}}]\n"
                + "owners: [{name: "
                + Owner.LOCAL
                + ", webhook: {url: '"
                + receiver.url()
                + "', secret: 'file:"
                + secret
                + "', events: [batch, job]}}]\n");
    stack = closing.add("stack", Stack.open(new Backends(Optional.empty(), Optional.empty())));
    work = new Work(stack, models);
    client = OpenAIOkHttpClient.builder().baseUrl("http://127.0.0.1:1").apiKey("none").build();
    closing.add("client", client::close);
  }

  @AfterEach
  void close() {
    closing.close();
  }

  private WebhookVerificationParams signed(Received request) {
    Headers.Builder headers = Headers.builder();
    request.headers().forEach((name, values) -> headers.put(name, values));
    return WebhookVerificationParams.builder()
        .payload(request.body())
        .headers(headers.build())
        .secret(SECRET)
        .build();
  }

  private UnwrapWebhookEvent unwrapped(Received request) {
    return client.webhooks().unwrap(signed(request));
  }

  private List<Received> awaitTaken(int count) throws Exception {
    return Await.until(
        count + " notices were taken", PATIENCE, receiver::taken, all -> all.size() >= count);
  }

  @Test
  void everyEnding_isToldOnce_underOneId_whenTheReceiverFailsTwice() throws Exception {
    receiver.fail(2);
    var unused = stack.startPipeline(models);
    BatchId good = work.batch("m", "m", "m");

    Received told = awaitTaken(1).get(0);
    assertThat(receiver.received()).hasSize(3).extracting(Received::id).containsOnly(told.id());
    assertThat(receiver.received()).extracting(Received::answered).containsExactly(500, 500, 204);
    for (Received each : receiver.received()) {
      var completed = unwrapped(each).asBatchCompleted();
      assertThat(completed.id()).isEqualTo(told.id());
      assertThat(completed.data().id()).isEqualTo(good.text(BatchProtocol.OPENAI));
      assertThat(Instant.ofEpochSecond(completed.createdAt()))
          .isBetween(Instant.now().minus(PATIENCE), Instant.now());
    }

    BatchId bad = work.batch("m", "nobody");
    JobId job = work.job();
    List<Received> all = awaitTaken(3);
    assertThat(all.stream().skip(1).map(this::unwrapped).filter(e -> e.isBatchFailed()))
        .singleElement()
        .satisfies(
            event ->
                assertThat(event.asBatchFailed().data().id())
                    .isEqualTo(bad.text(BatchProtocol.OPENAI)));
    Received ofJob =
        all.stream().filter(each -> each.body().contains("job.completed")).findFirst().get();
    client.webhooks().verifySignature(signed(ofJob));
    assertThat(ofJob.body()).contains(job.toString());
    assertThat(receiver.received()).as("each end once, and no line").hasSize(5);
  }

  @Test
  void notice_isDeliveredOnceByAnotherPipeline_whenTheFirstIsClosedBefore() throws Exception {
    receiver.fail(Integer.MAX_VALUE);
    LocalPipeline first = stack.startPipeline(models);
    BatchId batch = work.batch("m", "m");
    var unused = Await.until("it was tried", PATIENCE, receiver::received, all -> !all.isEmpty());
    first.close();
    assertThat(receiver.taken()).isEmpty();
    receiver.fail(0);

    // It also sweeps everything: what has ended is said once more, and not sent once more.
    LocalPipeline second = stack.startPipeline(models);
    Received told = awaitTaken(1).get(0);
    assertThat(unwrapped(told).asBatchCompleted().data().id())
        .isEqualTo(batch.text(BatchProtocol.OPENAI));
    var unusedToo =
        Await.until(
            "the batch is forgotten by the sweep", PATIENCE, this::dueEntries, due -> due == 0);
    second.close();

    assertThat(receiver.received().stream().map(Received::id).collect(Collectors.toSet()))
        .containsExactly(told.id());
    assertThat(receiver.taken()).hasSize(1);
  }

  private int dueEntries() throws Exception {
    int all = 0;
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      all +=
          stack
              .store()
              .due(bucket, Instant.now().plusSeconds(1_000_000), Optional.empty(), 10)
              .get()
              .size();
    }
    return all;
  }
}
