package io.promptbeam.local.pubsub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.rpc.NotFoundException;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobMessageCodec;
import io.promptbeam.message.JobReference;
import io.promptbeam.message.PubsubJobPublisher;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.PubsubTopology;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PubsubJobPublisherIT {
  private static final PubsubNames NAMES = PubsubNames.DEFAULT;

  @Test
  void references_arrive_whenFuturesComplete() throws Exception {
    try (EmbeddedPubsub server = EmbeddedPubsub.start()) {
      PubsubTarget.Emulator target = target(server.port());
      PubsubTopology.createMissing(target, NAMES, Duration.ofSeconds(10));
      Set<String> sent = new HashSet<>();
      try (PubsubJobPublisher publisher = publisher(target)) {
        List<CompletableFuture<Void>> accepted = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
          JobReference reference = reference();
          sent.add(new String(JobMessageCodec.encode(reference), StandardCharsets.UTF_8));
          accepted.add(publisher.publish(reference));
        }
        CompletableFuture.allOf(accepted.toArray(CompletableFuture[]::new)).get();
      }

      assertThat(pull(server.port())).isEqualTo(sent);
    }
  }

  @Test
  void message_hasItsTraceContext_asAnAttributeToo_whenTheJobIsTraced() throws Exception {
    String context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    try (EmbeddedPubsub server = EmbeddedPubsub.start()) {
      PubsubTarget.Emulator target = target(server.port());
      PubsubTopology.createMissing(target, NAMES, Duration.ofSeconds(10));
      JobReference traced = reference().withTraceparent(Optional.of(context));
      try (PubsubJobPublisher publisher = publisher(target)) {
        publisher.publish(traced).get();
        publisher.publish(reference()).get();
      }
      assertThat(pulled(server.port()))
          .extracting(PubsubMessage::getAttributesMap)
          .containsExactlyInAnyOrder(Map.of("traceparent", context), Map.of());
    }
  }

  @Test
  void future_fails_whenTopicIsMissing() throws Exception {
    try (EmbeddedPubsub server = EmbeddedPubsub.start();
        PubsubJobPublisher publisher = publisher(target(server.port()))) {
      assertThatThrownBy(() -> publisher.publish(reference()).get())
          .hasCauseInstanceOf(NotFoundException.class);
    }
  }

  @Test
  void reference_arrives_whenServerComesBack() throws Exception {
    EmbeddedPubsub first = EmbeddedPubsub.start();
    int port = first.port();
    try (PubsubJobPublisher publisher = publisher(target(port))) {
      first.close();
      CompletableFuture<Void> accepted = publisher.publish(reference());

      try (EmbeddedPubsub second = EmbeddedPubsub.start(port, brokerWithJobsSubscription())) {
        accepted.get();

        assertThat(pull(second.port())).hasSize(1);
      }
    }
  }

  private static Broker brokerWithJobsSubscription() {
    Broker broker = new Broker(InstantSource.system());
    String project = PubsubTarget.DEFAULT_LOCAL_PROJECT;
    String topic = PubsubNames.topicPath(project, NAMES.jobsTopic());
    broker.createTopic(Topic.newBuilder().setName(topic).build());
    broker.createSubscription(
        Subscription.newBuilder()
            .setName(PubsubNames.subscriptionPath(project, NAMES.jobsSubscription()))
            .setTopic(topic)
            .build());
    return broker;
  }

  private static PubsubTarget.Emulator target(int port) {
    return new PubsubTarget.Emulator("127.0.0.1", port, PubsubTarget.DEFAULT_LOCAL_PROJECT);
  }

  private static PubsubJobPublisher publisher(PubsubTarget target) throws Exception {
    return PubsubJobPublisher.create(target, NAMES.jobsTopic());
  }

  private static JobReference reference() {
    return new JobReference(
        JobId.random(), new Owner("local"), "mock", Priority.BATCH, 10, 0, Optional.empty());
  }

  private static Set<String> pull(int port) {
    return pulled(port).stream()
        .map(message -> message.getData().toStringUtf8())
        .collect(Collectors.toSet());
  }

  private static List<PubsubMessage> pulled(int port) {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    try {
      return SubscriberGrpc.newBlockingStub(channel)
          .pull(
              PullRequest.newBuilder()
                  .setSubscription(
                      PubsubNames.subscriptionPath(
                          PubsubTarget.DEFAULT_LOCAL_PROJECT, NAMES.jobsSubscription()))
                  .setMaxMessages(1000)
                  .build())
          .getReceivedMessagesList()
          .stream()
          .map(ReceivedMessage::getMessage)
          .toList();
    } finally {
      channel.shutdownNow();
    }
  }
}
