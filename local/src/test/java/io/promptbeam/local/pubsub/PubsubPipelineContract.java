package io.promptbeam.local.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.PullResponse;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.PubsubTopology;
import io.promptbeam.pipeline.pubsub.PlaintextPubsubClientFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubIO;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.StreamingOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From one topic through a pipeline to another, over the plaintext client both ways. */
@Timeout(120)
abstract class PubsubPipelineContract {
  private static final String PROJECT = PubsubTarget.DEFAULT_LOCAL_PROJECT;
  private static final PubsubNames NAMES = PubsubNames.DEFAULT;

  /** Port of the server under test, on 127.0.0.1. */
  abstract int port();

  @Test
  void messages_passThroughThePipeline_withTheirAttributes() throws Exception {
    createTopologyFromTwoProcesses();
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port()).usePlaintext().build();
    PipelineResult running = run();
    try {
      publish(channel, 0, 300);

      awaitOutput(running, channel, 0, 300);
    } finally {
      running.cancel();
      channel.shutdownNow();
    }
  }

  static void publish(ManagedChannel channel, int from, int to) {
    PublishRequest.Builder request =
        PublishRequest.newBuilder().setTopic(PubsubNames.topicPath(PROJECT, NAMES.jobsTopic()));
    for (int i = from; i < to; i++) {
      request.addMessages(
          PubsubMessage.newBuilder()
              .setData(ByteString.copyFromUtf8("body " + i))
              .putAttributes("number", Integer.toString(i)));
    }
    var unused = PublisherGrpc.newBlockingStub(channel).publish(request.build());
  }

  static void awaitOutput(PipelineResult running, ManagedChannel channel, int from, int to) {
    Map<String, String> bodyByNumber = new HashMap<>();
    while (bodyByNumber.size() < to - from) {
      // Throws what the pipeline failed of, if it did.
      running.waitUntilFinish(org.joda.time.Duration.millis(1));
      for (ReceivedMessage received : pull(channel).getReceivedMessagesList()) {
        int number = Integer.parseInt(received.getMessage().getAttributesOrThrow("number"));
        if (number >= from) {
          bodyByNumber.put(
              Integer.toString(number), received.getMessage().getData().toStringUtf8());
        }
      }
    }
    assertThat(bodyByNumber)
        .hasSize(to - from)
        .allSatisfy((number, body) -> assertThat(body).isEqualTo("body " + number));
  }

  final PipelineResult run() {
    DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
    options.setRunner(DirectRunner.class);
    options.setBlockOnRun(false);
    options.setEnforceImmutability(false);
    options.setEnforceEncodability(false);
    options.as(StreamingOptions.class).setStreaming(true);
    PlaintextPubsubClientFactory factory = new PlaintextPubsubClientFactory("127.0.0.1", port());
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply(
            "ReadMessages",
            PubsubIO.readMessagesWithAttributes()
                .withClientFactory(factory)
                .fromSubscription(PubsubNames.subscriptionPath(PROJECT, NAMES.jobsSubscription())))
        .apply(
            "WriteMessages",
            PubsubIO.writeMessages()
                .withClientFactory(factory)
                .to(PubsubNames.topicPath(PROJECT, NAMES.deadLettersTopic())));
    return pipeline.run();
  }

  private static PullResponse pull(ManagedChannel channel) {
    return SubscriberGrpc.newBlockingStub(channel)
        .pull(
            PullRequest.newBuilder()
                .setSubscription(
                    PubsubNames.subscriptionPath(PROJECT, NAMES.deadLettersSubscription()))
                .setMaxMessages(1000)
                .build());
  }

  final void createTopologyFromTwoProcesses() throws Exception {
    PubsubTarget.Emulator target = PubsubTarget.Emulator.parse("127.0.0.1:" + port(), PROJECT);
    ExecutorService processes = Executors.newFixedThreadPool(2);
    try {
      var one = processes.submit(() -> createMissing(target));
      var other = processes.submit(() -> createMissing(target));
      one.get(30, TimeUnit.SECONDS);
      other.get(30, TimeUnit.SECONDS);
    } finally {
      processes.shutdownNow();
    }
  }

  private static void createMissing(PubsubTarget.Emulator target) {
    PubsubTopology.createMissing(target, NAMES, Duration.ofSeconds(20));
  }
}
