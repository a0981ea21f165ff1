package io.promptbeam.local.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.local.Await;
import io.promptbeam.local.cli.Console;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** Makes what the documents name by an example: a job, a batch, a dead letter, a key. */
final class Examples {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Console console;
  private final String queue;
  private final Map<String, Callable<String>> made =
      Map.of(
          "JOB_ID", this::job,
          "BATCH_ID", this::batch,
          "batch_0123456789abcdef01234567", this::batch,
          "MESSAGE_ID", this::deadLetter);
  private final Path requests;

  /**
   * @param queue host and port of the service's Pub/Sub
   * @param requests a file of a batch
   */
  Examples(String service, String queue, Path requests) {
    this.console = new Console(Map.of("PROMPTBEAM_URL", service, "PUBSUB_EMULATOR_HOST", queue));
    this.queue = queue;
    this.requests = requests;
  }

  /** With real ones in place of the examples. */
  String in(String text) throws Exception {
    String real = text;
    for (Map.Entry<String, Callable<String>> example : made.entrySet()) {
      if (real.contains(example.getKey())) {
        real = real.replace(example.getKey(), example.getValue().call());
      }
    }
    return real;
  }

  private String run(String... arguments) {
    assertThat(console.run(arguments)).as(console.err()).isZero();
    return console.out().strip();
  }

  /** One that was cancelled, so that it can be retried. */
  private String job() throws Exception {
    String later = Instant.now().plus(Duration.ofDays(1)).toString();
    String id =
        JSON.readTree(run("submit", "--json", "--not-before", later, "Hello"))
            .path("job_id")
            .asText();
    run("cancel", id);
    return id;
  }

  /** One that begins at once. */
  String newJob() throws IOException {
    return JSON.readTree(run("submit", "--json", "Hello")).path("job_id").asText();
  }

  private String batch() {
    return run("batch", "submit", requests.toString(), "--watch");
  }

  private String deadLetter() throws Exception {
    ManagedChannel channel = ManagedChannelBuilder.forTarget(queue).usePlaintext().build();
    try {
      var unused =
          PublisherGrpc.newBlockingStub(channel)
              .publish(
                  PublishRequest.newBuilder()
                      .setTopic(
                          PubsubNames.topicPath(
                              PubsubTarget.DEFAULT_LOCAL_PROJECT, PubsubNames.DEFAULT.jobsTopic()))
                      .addMessages(
                          PubsubMessage.newBuilder()
                              .setData(ByteString.copyFromUtf8("never a job")))
                      .build());
    } finally {
      channel.shutdownNow();
    }
    List<String> listed =
        Await.until(
            "it is a dead letter",
            () -> run("dead-letter", "list", "--json").lines().toList(),
            lines -> !lines.isEmpty());
    return JSON.readTree(listed.get(0)).path("message_id").asText();
  }
}
