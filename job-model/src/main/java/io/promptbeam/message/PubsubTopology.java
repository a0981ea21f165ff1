package io.promptbeam.message;

import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Creates the topics and subscriptions; on Google Cloud, infrastructure code does that. */
public final class PubsubTopology {
  /** Long enough for a bundle, short enough that a dead worker's messages come back soon. */
  static final int ACK_DEADLINE_SECONDS = 60;

  private PubsubTopology() {}

  /**
   * Creates what is absent and leaves the rest as it is; several processes may do so at once.
   * Blocks.
   *
   * @param patience how long the emulator may take to answer, if it is still starting
   * @throws UncheckedIOException if it does not answer or refuses
   */
  public static void createMissing(
      PubsubTarget.Emulator emulator, PubsubNames names, Duration patience) {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress(emulator.host(), emulator.port()).usePlaintext().build();
    try {
      Creation creation = new Creation(channel, emulator.projectId(), patience);
      creation.topic(names.jobsTopic());
      creation.topic(names.deadLettersTopic());
      creation.topic(names.jobEventsTopic());
      creation.subscription(names.jobsSubscription(), names.jobsTopic());
      creation.subscription(names.deadLettersSubscription(), names.deadLettersTopic());
    } catch (StatusRuntimeException e) {
      throw new UncheckedIOException(
          new IOException(
              "cannot create Pub/Sub topics at "
                  + emulator.hostAndPort()
                  + ": "
                  + e.getStatus().getCode(),
              e));
    } finally {
      channel.shutdownNow();
    }
  }

  private record Creation(ManagedChannel channel, String projectId, Duration patience) {
    void topic(String topic) {
      Topic request = Topic.newBuilder().setName(PubsubNames.topicPath(projectId, topic)).build();
      unlessPresent(
          () ->
              PublisherGrpc.newBlockingStub(channel)
                  .withWaitForReady()
                  .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
                  .createTopic(request));
    }

    void subscription(String subscription, String topic) {
      Subscription request =
          Subscription.newBuilder()
              .setName(PubsubNames.subscriptionPath(projectId, subscription))
              .setTopic(PubsubNames.topicPath(projectId, topic))
              .setAckDeadlineSeconds(ACK_DEADLINE_SECONDS)
              .build();
      unlessPresent(
          () ->
              SubscriberGrpc.newBlockingStub(channel)
                  .withWaitForReady()
                  .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
                  .createSubscription(request));
    }

    private static void unlessPresent(Runnable create) {
      try {
        create.run();
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
          throw e;
        }
      }
    }
  }
}
