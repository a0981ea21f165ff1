package io.promptbeam.local.pubsub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutures;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.AlreadyExistsException;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.cloud.pubsub.v1.AckReplyConsumer;
import com.google.cloud.pubsub.v1.MessageReceiver;
import com.google.cloud.pubsub.v1.Publisher;
import com.google.cloud.pubsub.v1.Subscriber;
import com.google.cloud.pubsub.v1.SubscriptionAdminClient;
import com.google.cloud.pubsub.v1.SubscriptionAdminSettings;
import com.google.cloud.pubsub.v1.TopicAdminClient;
import com.google.cloud.pubsub.v1.TopicAdminSettings;
import com.google.cloud.pubsub.v1.stub.GrpcSubscriberStub;
import com.google.cloud.pubsub.v1.stub.SubscriberStub;
import com.google.cloud.pubsub.v1.stub.SubscriberStubSettings;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.PushConfig;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Promptbeam relies on, asked by the official clients. */
@Timeout(120)
abstract class PubsubContract {
  private static final int MAX_INBOUND_BYTES = 20 * 1024 * 1024;

  private final String topic = "projects/promptbeam-local/topics/t" + UUID.randomUUID();
  private final String subscription =
      "projects/promptbeam-local/subscriptions/s" + UUID.randomUUID();
  private ManagedChannel channel;
  private TransportChannelProvider transport;
  private TopicAdminClient topics;
  private SubscriptionAdminClient subscriptions;
  private SubscriberStub subscriber;
  private Publisher publisher;

  /** Port of the server under test, on 127.0.0.1. */
  abstract int port();

  @BeforeEach
  void connect() throws Exception {
    channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port())
            .usePlaintext()
            .maxInboundMessageSize(MAX_INBOUND_BYTES)
            .build();
    transport = FixedTransportChannelProvider.create(GrpcTransportChannel.create(channel));
    topics =
        TopicAdminClient.create(
            TopicAdminSettings.newBuilder()
                .setTransportChannelProvider(transport)
                .setCredentialsProvider(NoCredentialsProvider.create())
                .build());
    subscriptions =
        SubscriptionAdminClient.create(
            SubscriptionAdminSettings.newBuilder()
                .setTransportChannelProvider(transport)
                .setCredentialsProvider(NoCredentialsProvider.create())
                .build());
    subscriber =
        GrpcSubscriberStub.create(
            SubscriberStubSettings.newBuilder()
                .setTransportChannelProvider(transport)
                .setCredentialsProvider(NoCredentialsProvider.create())
                .build());
    topics.createTopic(topic);
    subscriptions.createSubscription(subscription, topic, PushConfig.getDefaultInstance(), 10);
    publisher = publisherTo(topic);
  }

  @AfterEach
  void disconnect() throws Exception {
    publisher.shutdown();
    publisher.awaitTermination(10, TimeUnit.SECONDS);
    subscriber.close();
    subscriptions.close();
    topics.close();
    channel.shutdownNow();
  }

  @Test
  void message_arrivesWhole_whenPulled() throws Exception {
    String id =
        publisher
            .publish(
                PubsubMessage.newBuilder()
                    .setData(ByteString.copyFromUtf8("body"))
                    .putAttributes("kind", "reference")
                    .build())
            .get();

    PubsubMessage received = pull(1).get(0).getMessage();

    assertThat(received.getData().toStringUtf8()).isEqualTo("body");
    assertThat(received.getAttributesMap()).containsExactly(Map.entry("kind", "reference"));
    assertThat(received.getMessageId()).isEqualTo(id);
    assertThat(received.getPublishTime().getSeconds()).isPositive();
  }

  @Test
  void message_arrivesAgain_whenReturned() throws Exception {
    publish("a");
    ReceivedMessage first = pull(1).get(0);

    modifyAckDeadline(first, 0);

    ReceivedMessage second = pull(1).get(0);
    assertThat(second.getMessage().getMessageId()).isEqualTo(first.getMessage().getMessageId());
    assertThat(second.getAckId()).isNotEqualTo(first.getAckId());
  }

  @Test
  void message_staysAway_whenAcknowledged() throws Exception {
    publish("a");
    acknowledge(pull(1));

    publish("b");

    assertThat(pull(10)).extracting(PubsubContract::text).containsExactly("b");
    assertThat(pullImmediately(10)).isEmpty();
  }

  @Test
  void message_isHeldBack_whileLeased() throws Exception {
    publish("a");
    ReceivedMessage leased = pull(1).get(0);
    modifyAckDeadline(leased, 60);

    assertThat(pullImmediately(10)).isEmpty();
  }

  @Test
  void pull_waits_untilSomethingIsPublished() throws Exception {
    var waiting =
        subscriber
            .pullCallable()
            .futureCall(
                PullRequest.newBuilder().setSubscription(subscription).setMaxMessages(10).build());

    publish("a");

    assertThat(waiting.get().getReceivedMessagesList())
        .extracting(PubsubContract::text)
        .containsExactly("a");
  }

  @Test
  void everySubscription_getsEveryMessage() throws Exception {
    String other = subscription + "-other";
    subscriptions.createSubscription(other, topic, PushConfig.getDefaultInstance(), 10);

    publish("a");

    assertThat(pull(1)).extracting(PubsubContract::text).containsExactly("a");
    assertThat(pull(other, 1)).extracting(PubsubContract::text).containsExactly("a");
  }

  @Test
  void publishing_fails_whenTopicIsMissing() throws Exception {
    Publisher lost = publisherTo(topic + "-missing");
    try {
      assertThatThrownBy(() -> lost.publish(message("a")).get())
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(NotFoundException.class);
    } finally {
      lost.shutdown();
    }
  }

  @Test
  void pulling_fails_whenSubscriptionIsMissing() {
    assertThatThrownBy(() -> pull(subscription + "-missing", 1))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void publishing_fails_whenMessageIsEmpty() {
    assertThatThrownBy(() -> publishAlone(PubsubMessage.getDefaultInstance()))
        .isInstanceOf(InvalidArgumentException.class);
  }

  @Test
  void message_arrives_whenItHas9Megabytes() throws Exception {
    byte[] data = new byte[9_000_000];
    data[data.length - 1] = 42;
    publisher.publish(PubsubMessage.newBuilder().setData(ByteString.copyFrom(data)).build()).get();

    assertThat(pull(1).get(0).getMessage().getData().toByteArray()).isEqualTo(data);
  }

  @Test
  void creating_fails_whenPresent() {
    assertThatThrownBy(() -> topics.createTopic(topic)).isInstanceOf(AlreadyExistsException.class);
    assertThatThrownBy(
            () ->
                subscriptions.createSubscription(
                    subscription, topic, PushConfig.getDefaultInstance(), 10))
        .isInstanceOf(AlreadyExistsException.class);
  }

  @Test
  void creatingSubscription_fails_whenTopicIsMissing() {
    assertThatThrownBy(
            () ->
                subscriptions.createSubscription(
                    subscription + "-x", topic + "-x", PushConfig.getDefaultInstance(), 10))
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void topicsAndSubscriptions_areListed_untilDeleted() {
    assertThat(topics.listTopics("projects/promptbeam-local").iterateAll())
        .extracting(Topic::getName)
        .contains(topic);
    assertThat(subscriptions.listSubscriptions("projects/promptbeam-local").iterateAll())
        .extracting(Subscription::getName)
        .contains(subscription);
    assertThat(topics.listTopicSubscriptions(topic).iterateAll()).containsExactly(subscription);
    assertThat(subscriptions.getSubscription(subscription).getAckDeadlineSeconds()).isEqualTo(10);

    subscriptions.deleteSubscription(subscription);
    topics.deleteTopic(topic);

    assertThatThrownBy(() -> subscriptions.getSubscription(subscription))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> topics.getTopic(topic)).isInstanceOf(NotFoundException.class);
  }

  @Test
  void manyMessages_arriveAtLeastOnce_whenPulled() throws Exception {
    publishMany(5_000);
    Set<String> received = new HashSet<>();

    while (received.size() < 5_000) {
      List<ReceivedMessage> batch = pull(1_000);
      batch.forEach(message -> received.add(text(message)));
      acknowledge(batch);
    }

    assertThat(received).hasSize(5_000);
  }

  @Test
  void manyMessages_arriveAtLeastOnce_whenStreamed() throws Exception {
    Set<String> received = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(5_000);
    Subscriber streaming =
        streamTo(
            (message, reply) -> {
              if (received.add(message.getData().toStringUtf8())) {
                all.countDown();
              }
              reply.ack();
            });

    publishMany(5_000);

    assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
    stop(streaming);
  }

  @Test
  void streamedMessage_arrivesAgain_whenReturned() throws Exception {
    BlockingQueue<AckReplyConsumer> replies = new LinkedBlockingQueue<>();
    Subscriber streaming = streamTo((message, reply) -> replies.add(reply));
    publish("a");

    replies.take().nack();

    replies.take().ack();
    stop(streaming);
  }

  private Subscriber streamTo(MessageReceiver receiver) {
    Subscriber streaming =
        Subscriber.newBuilder(subscription, receiver)
            .setChannelProvider(transport)
            .setCredentialsProvider(NoCredentialsProvider.create())
            .build();
    streaming.startAsync().awaitRunning();
    return streaming;
  }

  private static void stop(Subscriber streaming) throws Exception {
    streaming.stopAsync().awaitTerminated(30, TimeUnit.SECONDS);
  }

  private Publisher publisherTo(String topicPath) throws Exception {
    return Publisher.newBuilder(topicPath)
        .setChannelProvider(transport)
        .setCredentialsProvider(NoCredentialsProvider.create())
        .build();
  }

  private void publishMany(int count) throws Exception {
    List<ApiFuture<String>> published = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      published.add(publisher.publish(message("m" + i)));
    }
    ApiFutures.allAsList(published).get();
  }

  /** In a request of its own, without the publisher's own checks and batches. */
  void publishAlone(PubsubMessage message) {
    topics.publish(topic, List.of(message));
  }

  private void publish(String text) throws Exception {
    publisher.publish(message(text)).get();
  }

  private static PubsubMessage message(String text) {
    return PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(text)).build();
  }

  private static String text(ReceivedMessage message) {
    return message.getMessage().getData().toStringUtf8();
  }

  private List<ReceivedMessage> pull(int max) {
    return pull(subscription, max);
  }

  private List<ReceivedMessage> pull(String from, int max) {
    return subscriber
        .pullCallable()
        .call(PullRequest.newBuilder().setSubscription(from).setMaxMessages(max).build())
        .getReceivedMessagesList();
  }

  @SuppressWarnings("deprecation") // returnImmediately: what Beam sends
  private List<ReceivedMessage> pullImmediately(int max) {
    return subscriber
        .pullCallable()
        .call(
            PullRequest.newBuilder()
                .setSubscription(subscription)
                .setMaxMessages(max)
                .setReturnImmediately(true)
                .build())
        .getReceivedMessagesList();
  }

  private void acknowledge(List<ReceivedMessage> messages) {
    subscriber
        .acknowledgeCallable()
        .call(
            AcknowledgeRequest.newBuilder()
                .setSubscription(subscription)
                .addAllAckIds(messages.stream().map(ReceivedMessage::getAckId).toList())
                .build());
  }

  private void modifyAckDeadline(ReceivedMessage message, int seconds) {
    subscriber
        .modifyAckDeadlineCallable()
        .call(
            ModifyAckDeadlineRequest.newBuilder()
                .setSubscription(subscription)
                .addAckIds(message.getAckId())
                .setAckDeadlineSeconds(seconds)
                .build());
  }
}
