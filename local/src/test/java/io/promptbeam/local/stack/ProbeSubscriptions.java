package io.promptbeam.local.stack;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** A subscription of its own to each topic, from now on. */
final class ProbeSubscriptions implements AutoCloseable {
  private static final List<String> TOPICS =
      List.of(
          PubsubNames.DEFAULT.jobsTopic(),
          PubsubNames.DEFAULT.deadLettersTopic(),
          PubsubNames.DEFAULT.jobEventsTopic());

  private final String project;
  private final ManagedChannel channel;
  private final Map<String, List<PubsubMessage>> pulled = new ConcurrentSkipListMap<>();

  ProbeSubscriptions(PubsubTarget.Emulator target) {
    project = target.projectId();
    channel = ManagedChannelBuilder.forTarget(target.hostAndPort()).usePlaintext().build();
    for (String topic : TOPICS) {
      var unused =
          SubscriberGrpc.newBlockingStub(channel)
              .createSubscription(
                  Subscription.newBuilder()
                      .setName(path(topic))
                      .setTopic(PubsubNames.topicPath(project, topic))
                      .setAckDeadlineSeconds(60)
                      .build());
    }
  }

  private String path(String topic) {
    return PubsubNames.subscriptionPath(project, "probe-" + topic);
  }

  void publish(String topic, String text) {
    var unused =
        PublisherGrpc.newBlockingStub(channel)
            .publish(
                PublishRequest.newBuilder()
                    .setTopic(PubsubNames.topicPath(project, topic))
                    .addMessages(PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(text)))
                    .build());
  }

  private List<PubsubMessage> keep(String topic) {
    return pulled.computeIfAbsent(topic, t -> new ArrayList<>());
  }

  private void pull(String topic) {
    var subscriber = SubscriberGrpc.newBlockingStub(channel);
    List<ReceivedMessage> received =
        subscriber
            .pull(PullRequest.newBuilder().setSubscription(path(topic)).setMaxMessages(100).build())
            .getReceivedMessagesList();
    if (!received.isEmpty()) {
      received.forEach(message -> keep(topic).add(message.getMessage()));
      var unused =
          subscriber.acknowledge(
              AcknowledgeRequest.newBuilder()
                  .setSubscription(path(topic))
                  .addAllAckIds(received.stream().map(ReceivedMessage::getAckId).toList())
                  .build());
    }
  }

  /** What was published to any topic. */
  List<PubsubMessage> all() {
    // Side by side: a pull waits some seconds where there is nothing.
    TOPICS.parallelStream().forEach(this::pull);
    return pulled.values().stream().flatMap(List::stream).toList();
  }

  List<PubsubMessage> deadLetters() {
    pull(PubsubNames.DEFAULT.deadLettersTopic());
    return List.copyOf(keep(PubsubNames.DEFAULT.deadLettersTopic()));
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
