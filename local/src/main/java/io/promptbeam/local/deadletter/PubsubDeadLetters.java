package io.promptbeam.local.deadletter;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.DeadlineExceededException;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.PermissionDeniedException;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.api.gax.rpc.UnaryCallSettings;
import com.google.cloud.pubsub.v1.stub.GrpcPublisherStub;
import com.google.cloud.pubsub.v1.stub.GrpcSubscriberStub;
import com.google.cloud.pubsub.v1.stub.PublisherStub;
import com.google.cloud.pubsub.v1.stub.PublisherStubSettings;
import com.google.cloud.pubsub.v1.stub.SubscriberStub;
import com.google.cloud.pubsub.v1.stub.SubscriberStubSettings;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Through the official client's stubs, on the real service or an emulator. Not thread-safe. */
public final class PubsubDeadLetters implements DeadLetterQueue {
  /** The service holds a pull open while it looks; a connection there takes its time too. */
  private static final Duration CLOUD_PULL_WAIT = Duration.ofSeconds(4);

  private static final Duration EMULATOR_PULL_WAIT = Duration.ofSeconds(1);

  /** Well within the time that messages are held. */
  private static final Duration CALL_PATIENCE = Duration.ofSeconds(20);

  /** The service takes 512 KB; an ack id has some 200 bytes. */
  private static final int ACK_IDS_PER_REQUEST = 1_000;

  /** A message has up to 10 MB, and an emulator's answer any number of them. */
  private static final int MAX_INBOUND_BYTES = 256 * 1024 * 1024;

  private final SubscriberStub subscriber;
  private final PublisherStub publisher;
  private final String subscription;
  private final String topic;
  private final String place;
  private final Duration pullWait;
  private final Optional<ManagedChannel> emulatorChannel;
  private boolean reached;

  private PubsubDeadLetters(
      SubscriberStub subscriber,
      PublisherStub publisher,
      PubsubTarget target,
      PubsubNames names,
      Duration pullWait,
      Optional<ManagedChannel> emulatorChannel) {
    this.subscriber = subscriber;
    this.publisher = publisher;
    this.subscription =
        PubsubNames.subscriptionPath(target.projectId(), names.deadLettersSubscription());
    this.topic = PubsubNames.topicPath(target.projectId(), names.jobsTopic());
    this.place =
        target instanceof PubsubTarget.Emulator emulator
            ? "Pub/Sub at " + emulator.hostAndPort()
            : "Pub/Sub";
    this.pullWait = pullWait;
    this.emulatorChannel = emulatorChannel;
  }

  /**
   * Connects lazily.
   *
   * @throws IOException if the process has no credentials for the real service
   */
  public static PubsubDeadLetters open(PubsubTarget target, PubsubNames names) throws IOException {
    boolean emulated = target instanceof PubsubTarget.Emulator;
    return open(target, names, emulated ? EMULATOR_PULL_WAIT : CLOUD_PULL_WAIT);
  }

  /**
   * {@link #open(PubsubTarget, PubsubNames)} for somebody in a hurry.
   *
   * @param pullWait how long a pull waits for messages
   */
  static PubsubDeadLetters open(PubsubTarget target, PubsubNames names, Duration pullWait)
      throws IOException {
    SubscriberStubSettings.Builder reading = SubscriberStubSettings.newBuilder();
    PublisherStubSettings.Builder writing = PublisherStubSettings.newBuilder();
    Optional<ManagedChannel> channel = Optional.empty();
    if (target instanceof PubsubTarget.Emulator emulator) {
      ManagedChannel plaintext =
          ManagedChannelBuilder.forAddress(emulator.host(), emulator.port())
              .usePlaintext()
              .maxInboundMessageSize(MAX_INBOUND_BYTES)
              .build();
      TransportChannelProvider provider =
          FixedTransportChannelProvider.create(GrpcTransportChannel.create(plaintext));
      reading
          .setTransportChannelProvider(provider)
          .setCredentialsProvider(NoCredentialsProvider.create());
      writing
          .setTransportChannelProvider(provider)
          .setCredentialsProvider(NoCredentialsProvider.create());
      channel = Optional.of(plaintext);
    } else {
      reading.setTransportChannelProvider(
          SubscriberStubSettings.defaultGrpcTransportProviderBuilder()
              .setMaxInboundMessageSize(MAX_INBOUND_BYTES)
              .build());
    }
    bound(reading.acknowledgeSettings());
    bound(reading.modifyAckDeadlineSettings());
    bound(writing.publishSettings());
    bound(reading.getSubscriptionSettings());
    reading.getSubscriptionSettings().setRetryableCodes();
    // One try: who pulls again does so anyway.
    reading.pullSettings().setRetryableCodes();
    return new PubsubDeadLetters(
        GrpcSubscriberStub.create(reading.build()),
        GrpcPublisherStub.create(writing.build()),
        target,
        names,
        pullWait,
        channel);
  }

  private static void bound(UnaryCallSettings.Builder<?, ?> call) {
    call.setRetrySettings(
        RetrySettings.newBuilder()
            .setTotalTimeoutDuration(CALL_PATIENCE)
            .setInitialRetryDelayDuration(Duration.ofMillis(200))
            .setRetryDelayMultiplier(2)
            .setMaxRetryDelayDuration(Duration.ofSeconds(2))
            .setInitialRpcTimeoutDuration(CALL_PATIENCE.dividedBy(2))
            .setRpcTimeoutMultiplier(1)
            .setMaxRpcTimeoutDuration(CALL_PATIENCE.dividedBy(2))
            .build());
  }

  @Override
  public List<DeadLetter> pull(int maxMessages) {
    reach();
    PullRequest request =
        PullRequest.newBuilder().setSubscription(subscription).setMaxMessages(maxMessages).build();
    try {
      return subscriber
          .pullCallable()
          .call(request, GrpcCallContext.createDefault().withTimeoutDuration(pullWait))
          .getReceivedMessagesList()
          .stream()
          .map(DeadLetter::of)
          .toList();
    } catch (DeadlineExceededException e) {
      return List.of();
    } catch (ApiException e) {
      throw explained(e);
    }
  }

  /**
   * Asks something that is answered at once, before the first pull: that one may end for want of
   * messages or for want of a server, and nobody could tell which.
   */
  private void reach() {
    if (reached) {
      return;
    }
    try {
      var unused =
          subscriber
              .getSubscriptionCallable()
              .call(GetSubscriptionRequest.newBuilder().setSubscription(subscription).build());
    } catch (PermissionDeniedException e) {
      // Who may only consume is refused this, but by a server that answers.
    } catch (ApiException e) {
      throw explained(e);
    }
    reached = true;
  }

  @Override
  public void hold(Collection<String> ackIds, Duration time) {
    modify(ackIds, Math.toIntExact(time.toSeconds()));
  }

  @Override
  public void release(Collection<String> ackIds) {
    modify(ackIds, 0);
  }

  private void modify(Collection<String> ackIds, int seconds) {
    inChunks(
        ackIds,
        chunk ->
            subscriber
                .modifyAckDeadlineCallable()
                .call(
                    ModifyAckDeadlineRequest.newBuilder()
                        .setSubscription(subscription)
                        .addAllAckIds(chunk)
                        .setAckDeadlineSeconds(seconds)
                        .build()));
  }

  @Override
  public void acknowledge(Collection<String> ackIds) {
    inChunks(
        ackIds,
        chunk ->
            subscriber
                .acknowledgeCallable()
                .call(
                    AcknowledgeRequest.newBuilder()
                        .setSubscription(subscription)
                        .addAllAckIds(chunk)
                        .build()));
  }

  private void inChunks(Collection<String> ackIds, Consumer<List<String>> call) {
    List<String> all = List.copyOf(ackIds);
    for (int from = 0; from < all.size(); from += ACK_IDS_PER_REQUEST) {
      List<String> chunk = all.subList(from, Math.min(all.size(), from + ACK_IDS_PER_REQUEST));
      explaining(
          () -> {
            call.accept(chunk);
            return chunk;
          });
    }
  }

  @Override
  public void publishJobs(List<PubsubMessage> messages) {
    PublishRequest request =
        PublishRequest.newBuilder().setTopic(topic).addAllMessages(messages).build();
    int accepted = explaining(() -> publisher.publishCallable().call(request)).getMessageIdsCount();
    if (accepted != messages.size()) {
      throw new IllegalStateException("Pub/Sub accepted " + accepted + " of " + messages.size());
    }
  }

  private <T> T explaining(Supplier<T> call) {
    try {
      return call.get();
    } catch (ApiException e) {
      throw explained(e);
    }
  }

  private QueueException explained(ApiException e) {
    String what =
        switch (e.getStatusCode().getCode()) {
          case UNAVAILABLE, DEADLINE_EXCEEDED -> place + " does not answer. Is it running?";
          case NOT_FOUND ->
              place
                  + " has no "
                  + subscription
                  + ", or no "
                  + topic
                  + ". Is it the right project, and has a pipeline run there?";
          case PERMISSION_DENIED, UNAUTHENTICATED ->
              place
                  + " refuses the credentials of this environment. They need to consume "
                  + subscription
                  + " and to publish to "
                  + topic;
          default -> place + " answered " + e.getStatusCode().getCode();
        };
    return new QueueException(what, e);
  }

  @Override
  public void close() {
    subscriber.close();
    publisher.close();
    emulatorChannel.ifPresent(ManagedChannel::shutdownNow);
  }
}
