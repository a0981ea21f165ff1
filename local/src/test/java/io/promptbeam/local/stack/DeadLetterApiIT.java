package io.promptbeam.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.Scope;
import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.IssuedKeys;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Dead letters over HTTP, from the pipeline that could not read them to the one that can. */
@Timeout(240)
class DeadLetterApiIT {
  private static final String PROJECT = PubsubTarget.DEFAULT_LOCAL_PROJECT;
  private static final String PATH = "/api/llm/dead-letters/";

  private final HttpClient http = HttpClient.newHttpClient();
  private URI service = URI.create("http://127.0.0.1:9");
  private String key = "";

  private static ModelCatalog models(String... ids) throws Exception {
    StringBuilder yaml = new StringBuilder("models:\n");
    for (String id : ids) {
      yaml.append("  - {id: ")
          .append(id)
          .append(", provider: simulated, simulated: {latency_ms_median: 20}}\n");
    }
    return ModelCatalogLoader.parse("models.yaml", yaml.toString());
  }

  private static void publish(EmbeddedPubsub pubsub, String... payloads) {
    ManagedChannel channel =
        ManagedChannelBuilder.forTarget(pubsub.hostAndPort()).usePlaintext().build();
    try {
      PublishRequest.Builder request =
          PublishRequest.newBuilder()
              .setTopic(PubsubNames.topicPath(PROJECT, PubsubNames.DEFAULT.jobsTopic()));
      for (String payload : payloads) {
        request.addMessages(PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(payload)));
      }
      var unused = PublisherGrpc.newBlockingStub(channel).publish(request.build());
    } finally {
      channel.shutdownNow();
    }
  }

  private void serve(Stack stack, ModelCatalog catalog) throws IOException {
    ApiServer server =
        stack.closeWithThis(
            "service",
            new ApiServer(
                ApiConfig.loopback(0).withAccess(Access.LOOPBACK.withStoredKeys()),
                stack.store(),
                stack.publisher(),
                () -> catalog,
                Clock.systemUTC(),
                Optional.of(stack.deadLetters())));
    server.start();
    service = server.uri();
  }

  private static String key(Stack stack, String name, Scope scope) {
    return new IssuedKeys(stack.store().apiKeys(), Clock.systemUTC())
        .create(
            new KeyRequest(
                Owner.LOCAL, name, Optional.of(Set.of(scope)), Optional.empty(), Optional.empty()))
        .join()
        .text()
        .reveal();
  }

  private JsonNode get(String target) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(service.resolve(target)));
  }

  private JsonNode post(String verb, String... ids) throws IOException, InterruptedException {
    String body = "{\"ids\":[\"" + String.join("\",\"", ids) + "\"]}";
    return send(
        HttpRequest.newBuilder(service.resolve(PATH + verb))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    var answer =
        http.send(
            request.header("Authorization", "Bearer " + key).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }

  private static JsonNode of(String reason, JsonNode look) {
    for (JsonNode letter : look.path("dead_letters")) {
      if (letter.path("reason").asText().equals(reason)) {
        return letter;
      }
    }
    throw new AssertionError("no " + reason + " in " + look);
  }

  @Test
  void badMessage_isLookedAt_replayedOnceItCanBeRead_orDiscarded() throws Exception {
    try (EmbeddedPubsub pubsub = EmbeddedPubsub.start();
        EmbeddedBigtable bigtable = EmbeddedBigtable.start()) {
      Backends backends =
          new Backends(
              Optional.of(BigtableTarget.Emulator.at(bigtable.hostAndPort())),
              Optional.of(PubsubTarget.Emulator.parse(pubsub.hostAndPort(), PROJECT)));
      JsonNode seen;
      try (Stack stack = Stack.open(backends)) {
        stack.startPipeline(models("old"));
        serve(stack, models("old"));
        key = key(stack, "reader", Scope.READ);
        var refused =
            http.send(
                HttpRequest.newBuilder(service.resolve(PATH))
                    .header("Authorization", "Bearer " + key)
                    .build(),
                BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(403);
        key = key(stack, "admin", Scope.ADMIN);
        assertThat(get(PATH)).hasToString("{\"dead_letters\":[],\"more\":false}");
        publish(
            pubsub,
            "<script>alert(1)</script>",
            "{\"v\":1,\"kind\":\"inline_job\",\"owner\":\"local\",\"idempotency_key\":\"k1\","
                + "\"submission\":{\"model_id\":\"new\",\"full_input\":\"the prompt\"}}");
        seen =
            Await.until(
                "both are dead letters",
                () -> get(PATH),
                look -> look.path("dead_letters").size() == 2);
        JsonNode bad = of("not_json", seen);
        assertThat(bad.path("payload").asText()).isEqualTo("<script>alert(1)</script>");
        assertThat(bad.path("bytes").intValue()).isEqualTo(25);
        assertThat(bad.path("message").asText()).isNotEmpty();
        assertThat(Instant.parse(bad.path("published_at").asText())).isNotNull();
        assertThat(seen.path("more").booleanValue()).isFalse();
        assertThat(get(PATH)).as("what was looked at is there still").isEqualTo(seen);
        JsonNode first = get(PATH + "?limit=1");
        assertThat(first.path("dead_letters")).hasSize(1);
        assertThat(first.path("more").booleanValue()).isTrue();
      }
      String readable = of("unknown_model", seen).path("id").asText();
      String bad = of("not_json", seen).path("id").asText();

      try (Stack stack = Stack.open(backends)) {
        stack.startPipeline(models("old", "new"));
        serve(stack, models("old", "new"));
        assertThat(post("replay", readable, "12345"))
            .hasToString("{\"replayed\":1,\"not_found\":[\"12345\"],\"truncated\":[]}");
        JobId id = JobId.forIdempotencyKey(Owner.LOCAL, "k1");
        JsonNode job =
            Await.until(
                "the job has its answer",
                () -> {
                  var answer =
                      http.send(
                          HttpRequest.newBuilder(service.resolve("/api/llm/jobs/" + id + "/"))
                              .header("Authorization", "Bearer " + key)
                              .build(),
                          BodyHandlers.ofString());
                  return new ObjectMapper().readTree(answer.body());
                },
                shown -> shown.path("status").asText().equals("completed"));
        assertThat(job.at("/request/full_input").asText()).isEqualTo("the prompt");
        assertThat(job.path("timeline").findValuesAsText("event"))
            .containsExactly("submitted", "claimed", "called", "completed");

        assertThat(post("replay", readable).path("replayed").intValue()).isZero();
        assertThat(get(PATH).path("dead_letters").findValuesAsText("id")).containsExactly(bad);
        assertThat(post("discard", bad, readable))
            .hasToString("{\"discarded\":1,\"not_found\":[\"" + readable + "\"]}");
        assertThat(get(PATH)).hasToString("{\"dead_letters\":[],\"more\":false}");
      }
    }
  }
}
