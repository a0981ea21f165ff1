package io.promptbeam.pipeline.pubsub;

import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.DeleteTopicRequest;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.GetTopicRequest;
import com.google.pubsub.v1.ListSubscriptionsRequest;
import com.google.pubsub.v1.ListSubscriptionsResponse;
import com.google.pubsub.v1.ListTopicsRequest;
import com.google.pubsub.v1.ListTopicsResponse;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient;
import org.apache.beam.sdk.schemas.Schema;

/**
 * Beam's own gRPC client insists on TLS and its REST client is slow; this one speaks plaintext gRPC
 * to an emulator. Every call blocks for a minute at most, and what is tried again for two.
 *
 * <p>A server that cannot be reached for a while is no error of reading: the DirectRunner does not
 * retry, so one exception from here would end its pipeline for good. See {@link Outages}.
 * Thread-safe.
 */
final class PlaintextPubsubClient extends PubsubClient {
  private static final long TIMEOUT_SECONDS = 60;
  private static final int LIST_PAGE_SIZE = 1000;

  private final SharedConnection connection;
  private final MessageConversion conversion;
  private final Duration idlePause;
  private final int maxPullMessages;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean lastPullHadMessages;

  PlaintextPubsubClient(
      SharedConnection connection,
      MessageConversion conversion,
      Duration idlePause,
      int maxPullMessages) {
    this.connection = connection;
    this.conversion = conversion;
    this.idlePause = idlePause;
    this.maxPullMessages = maxPullMessages;
  }

  private interface Call<T> {
    T run();
  }

  /** Beam's contract is {@link IOException}. */
  private static <T> T io(Call<T> call) throws IOException {
    try {
      return call.run();
    } catch (StatusRuntimeException e) {
      throw Outages.asIo(e);
    }
  }

  private PublisherGrpc.PublisherBlockingStub publisher() {
    return PublisherGrpc.newBlockingStub(connection.channel())
        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  private SubscriberGrpc.SubscriberBlockingStub subscriber() {
    return SubscriberGrpc.newBlockingStub(connection.channel())
        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      connection.release();
    }
  }

  @Override
  public int publish(TopicPath topic, List<OutgoingMessage> messages) throws IOException {
    PublishRequest.Builder request = PublishRequest.newBuilder().setTopic(topic.getPath());
    messages.forEach(message -> request.addMessages(conversion.toPubsub(message)));
    return connection
        .outages()
        .retry("publish", () -> publisher().publish(request.build()).getMessageIdsCount());
  }

  @Override
  @SuppressWarnings("deprecation") // returnImmediately: Beam's readers rely on it
  public List<IncomingMessage> pull(
      long requestTimeMillis,
      SubscriptionPath subscription,
      int batchSize,
      boolean returnImmediately)
      throws IOException {
    PullRequest request =
        PullRequest.newBuilder()
            .setSubscription(subscription.getPath())
            .setMaxMessages(Math.min(batchSize, maxPullMessages))
            .setReturnImmediately(returnImmediately)
            .build();
    Call<List<ReceivedMessage>> call =
        () -> connection.outages().pull(() -> subscriber().pull(request).getReceivedMessagesList());
    List<ReceivedMessage> received =
        io(
            () ->
                returnImmediately
                    ? connection
                        .idlePolling(subscription.getPath())
                        .poll(idlePause, !lastPullHadMessages, call::run)
                    : call.run());
    lastPullHadMessages = !received.isEmpty();
    List<IncomingMessage> incoming = new ArrayList<>(received.size());
    for (ReceivedMessage message : received) {
      incoming.add(
          conversion.toBeam(
              message,
              requestTimeMillis,
              (attribute, of) -> extractTimestampAttribute(attribute, of.getAttributesMap())));
    }
    return incoming;
  }

  @Override
  public void acknowledge(SubscriptionPath subscription, List<String> ackIds) throws IOException {
    AcknowledgeRequest request =
        AcknowledgeRequest.newBuilder()
            .setSubscription(subscription.getPath())
            .addAllAckIds(ackIds)
            .build();
    // A message that is not acknowledged comes again, which is harmless.
    connection.outages().attempt("acknowledge", () -> subscriber().acknowledge(request));
  }

  @Override
  public void modifyAckDeadline(
      SubscriptionPath subscription, List<String> ackIds, int deadlineSeconds) throws IOException {
    ModifyAckDeadlineRequest request =
        ModifyAckDeadlineRequest.newBuilder()
            .setSubscription(subscription.getPath())
            .addAllAckIds(ackIds)
            .setAckDeadlineSeconds(deadlineSeconds)
            .build();
    connection
        .outages()
        .attempt("modifyAckDeadline", () -> subscriber().modifyAckDeadline(request));
  }

  @Override
  public void createTopic(TopicPath topic) throws IOException {
    io(() -> publisher().createTopic(Topic.newBuilder().setName(topic.getPath()).build()));
  }

  @Override
  public void createTopic(TopicPath topic, SchemaPath schema) {
    throw schemasUnsupported();
  }

  @Override
  public void deleteTopic(TopicPath topic) throws IOException {
    io(
        () ->
            publisher()
                .deleteTopic(DeleteTopicRequest.newBuilder().setTopic(topic.getPath()).build()));
  }

  @Override
  public List<TopicPath> listTopics(ProjectPath project) throws IOException {
    List<TopicPath> topics = new ArrayList<>();
    String page = "";
    do {
      ListTopicsRequest request =
          ListTopicsRequest.newBuilder()
              .setProject(project.getPath())
              .setPageSize(LIST_PAGE_SIZE)
              .setPageToken(page)
              .build();
      ListTopicsResponse response = io(() -> publisher().listTopics(request));
      response.getTopicsList().forEach(topic -> topics.add(topicPathFromPath(topic.getName())));
      page = response.getNextPageToken();
    } while (!page.isEmpty());
    return topics;
  }

  @Override
  public boolean isTopicExists(TopicPath topic) throws IOException {
    GetTopicRequest request = GetTopicRequest.newBuilder().setTopic(topic.getPath()).build();
    return io(
        () -> {
          try {
            publisher().getTopic(request);
            return true;
          } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
              return false;
            }
            throw e;
          }
        });
  }

  @Override
  public void createSubscription(
      TopicPath topic, SubscriptionPath subscription, int ackDeadlineSeconds) throws IOException {
    Subscription request =
        Subscription.newBuilder()
            .setTopic(topic.getPath())
            .setName(subscription.getPath())
            .setAckDeadlineSeconds(ackDeadlineSeconds)
            .build();
    io(() -> subscriber().createSubscription(request));
  }

  @Override
  public void deleteSubscription(SubscriptionPath subscription) throws IOException {
    DeleteSubscriptionRequest request =
        DeleteSubscriptionRequest.newBuilder().setSubscription(subscription.getPath()).build();
    io(() -> subscriber().deleteSubscription(request));
    connection.ackDeadlineSeconds().remove(subscription.getPath());
  }

  @Override
  public List<SubscriptionPath> listSubscriptions(ProjectPath project, TopicPath topic)
      throws IOException {
    List<SubscriptionPath> subscriptions = new ArrayList<>();
    String page = "";
    do {
      ListSubscriptionsRequest request =
          ListSubscriptionsRequest.newBuilder()
              .setProject(project.getPath())
              .setPageSize(LIST_PAGE_SIZE)
              .setPageToken(page)
              .build();
      ListSubscriptionsResponse response = io(() -> subscriber().listSubscriptions(request));
      response.getSubscriptionsList().stream()
          .filter(subscription -> subscription.getTopic().equals(topic.getPath()))
          .forEach(
              subscription -> subscriptions.add(subscriptionPathFromPath(subscription.getName())));
      page = response.getNextPageToken();
    } while (!page.isEmpty());
    return subscriptions;
  }

  @Override
  public int ackDeadlineSeconds(SubscriptionPath subscription) throws IOException {
    String path = subscription.getPath();
    Integer known = connection.ackDeadlineSeconds().get(path);
    if (known != null) {
      return known;
    }
    int seconds =
        connection.outages().retry("getSubscription", () -> fetchAckDeadlineSeconds(path));
    connection.ackDeadlineSeconds().put(path, seconds);
    return seconds;
  }

  private int fetchAckDeadlineSeconds(String subscription) {
    return subscriber()
        .getSubscription(GetSubscriptionRequest.newBuilder().setSubscription(subscription).build())
        .getAckDeadlineSeconds();
  }

  /** An emulator's subscription never ends. */
  @Override
  public boolean isEOF() {
    return false;
  }

  @Override
  public void createSchema(SchemaPath path, String content, com.google.pubsub.v1.Schema.Type type) {
    throw schemasUnsupported();
  }

  @Override
  public void deleteSchema(SchemaPath path) {
    throw schemasUnsupported();
  }

  @Override
  public SchemaPath getSchemaPath(TopicPath topic) {
    throw schemasUnsupported();
  }

  @Override
  public Schema getSchema(SchemaPath path) {
    throw schemasUnsupported();
  }

  private static UnsupportedOperationException schemasUnsupported() {
    return new UnsupportedOperationException("topics here have no schema");
  }
}
