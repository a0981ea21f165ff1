package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.store.BigtableTarget;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A job for a model that nobody had configured, from its dead letter to its answer. */
@Timeout(240)
class DeadLetterCommandIT {
  private static final String PROJECT = PubsubTarget.DEFAULT_LOCAL_PROJECT;

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
        request.addMessages(
            PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(payload)).build());
      }
      var unused = PublisherGrpc.newBlockingStub(channel).publish(request.build());
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void rejectedJob_runs_whenItsModelIsConfiguredAndItsMessageReplayed() throws Exception {
    try (EmbeddedPubsub pubsub = EmbeddedPubsub.start();
        EmbeddedBigtable bigtable = EmbeddedBigtable.start()) {
      Backends backends =
          new Backends(
              Optional.of(BigtableTarget.Emulator.at(bigtable.hostAndPort())),
              Optional.of(PubsubTarget.Emulator.parse(pubsub.hostAndPort(), PROJECT)));
      Console console = new Console(Map.of("PUBSUB_EMULATOR_HOST", pubsub.hostAndPort()));
      try (Stack stack = Stack.open(backends)) {
        stack.startPipeline(models("old"));
        publish(
            pubsub,
            "never a job",
            "{\"v\":1,\"kind\":\"inline_job\",\"owner\":\"local\",\"idempotency_key\":\"k1\","
                + "\"submission\":{\"model_id\":\"new\",\"full_input\":\"the prompt\"}}");
        String listed =
            Await.until(
                "both are dead letters",
                () -> {
                  assertThat(console.run("dead-letter", "list")).isEqualTo(ExitCodes.OK);
                  return console.out();
                },
                out -> out.lines().count() == 3);
        assertThat(listed)
            .contains("not_json", "unknown_model", "model_id")
            .doesNotContain("the prompt", "never a job");
      }

      assertThat(console.run("dead-letter", "replay", "--all")).isEqualTo(ExitCodes.USAGE);
      assertThat(console.err()).contains("--yes").hasLineCount(1);
      assertThat(console.run("dead-letter", "replay", "--all", "--dry-run"))
          .isEqualTo(ExitCodes.OK);
      assertThat(console.err()).endsWith("2 dead letters would be replayed.\n");
      assertThat(console.typing("no\n").run("dead-letter", "replay", "--all"))
          .isEqualTo(ExitCodes.OK);
      assertThat(console.err()).endsWith("Nothing was replayed.\n");
      assertThat(console.run("dead-letter", "list", "--show-payload", "--reason", "not_json"))
          .isEqualTo(ExitCodes.OK);
      assertThat(console.out()).contains("payload    never a job").doesNotContain("the prompt");
      assertThat(console.run("dead-letter", "replay", "12345")).isEqualTo(ExitCodes.JOBS_FAILED);
      assertThat(console.err()).contains("12345 was not found");

      try (Stack stack = Stack.open(backends)) {
        stack.startPipeline(models("old", "new"));
        // Twice, as after a crash: the second finds nothing, and would do no harm.
        for (String expected :
            new String[] {"1 dead letter replayed.", "0 dead letters replayed."}) {
          assertThat(
                  console.run(
                      "dead-letter", "replay", "--all", "--reason", "unknown_model", "--yes"))
              .isEqualTo(ExitCodes.OK);
          assertThat(console.err()).startsWith(expected);
        }
        JobId id = JobId.forIdempotencyKey(Owner.LOCAL, "k1");
        Await.until(
            "the job has its answer",
            () -> stack.store().read(id, Set.of()).get().map(job -> job.run().state()),
            state -> state.equals(Optional.of(JobState.COMPLETED)));
      }

      assertThat(console.run("dead-letter", "discard", "--all")).isEqualTo(ExitCodes.USAGE);
      assertThat(console.run("dead-letter", "discard", "--all", "--yes")).isEqualTo(ExitCodes.OK);
      assertThat(console.err()).isEqualTo("1 removed.\n");
      assertThat(console.run("dead-letter", "list")).isEqualTo(ExitCodes.OK);
      assertThat(console.err()).isEqualTo("No dead letters.\n");
    }
  }

  @Test
  void wrongUsage_isSaidInOneLine() {
    Console nowhere = new Console(Map.of());
    assertThat(nowhere.run("dead-letter")).isEqualTo(ExitCodes.USAGE);
    assertThat(nowhere.err()).contains("list, replay or discard").hasLineCount(1);
    assertThat(nowhere.run("dead-letter", "list")).isEqualTo(ExitCodes.USAGE);
    assertThat(nowhere.err()).contains("PUBSUB_EMULATOR_HOST", "--project").hasLineCount(1);
    assertThat(nowhere.run("dead-letter", "replay")).isEqualTo(ExitCodes.USAGE);
    assertThat(nowhere.run("dead-letter", "replay", "1", "--all")).isEqualTo(ExitCodes.USAGE);
    assertThat(nowhere.run("dead-letter", "list", "--limit", "0")).isEqualTo(ExitCodes.USAGE);

    Console wrong = new Console(Map.of("PUBSUB_EMULATOR_HOST", "127.0.0.1:9"));
    assertThat(wrong.run("dead-letter", "list")).isEqualTo(ExitCodes.ENVIRONMENT);
    assertThat(wrong.err())
        .isEqualTo("promptbeam: Pub/Sub at 127.0.0.1:9 does not answer. Is it running?\n");
  }
}
