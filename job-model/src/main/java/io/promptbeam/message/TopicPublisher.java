package io.promptbeam.message;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.api.gax.batching.BatchingSettings;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.cloud.pubsub.v1.Publisher;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.outage.QuickReconnect;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes to one topic with the official client, many messages in one request. The client goes on
 * trying in the background for as long as it is told; a caller bounds its own wait on the future.
 * Thread-safe; publishing never blocks.
 */
public final class TopicPublisher implements AutoCloseable {
  private static final Duration BATCH_DELAY = Duration.ofMillis(5);
  private static final long BATCH_MESSAGES = 500;
  private static final long BATCH_BYTES = 1_000_000;
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(15);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final Publisher publisher;
  private final Optional<ManagedChannel> emulatorChannel;

  private TopicPublisher(Publisher publisher, Optional<ManagedChannel> emulatorChannel) {
    this.publisher = publisher;
    this.emulatorChannel = emulatorChannel;
  }

  /**
   * Connects lazily: a Pub/Sub that is down shows in the futures only.
   *
   * @param topic its id, without project
   * @param patience how long one message is tried; the client allows no less than 10 seconds
   * @throws IOException if the process has no credentials for the real service
   */
  public static TopicPublisher open(PubsubTarget target, String topic, Duration patience)
      throws IOException {
    Publisher.Builder builder =
        Publisher.newBuilder(PubsubNames.topicPath(target.projectId(), topic))
            .setBatchingSettings(
                BatchingSettings.newBuilder()
                    .setDelayThresholdDuration(BATCH_DELAY)
                    .setElementCountThreshold(BATCH_MESSAGES)
                    .setRequestByteThreshold(BATCH_BYTES)
                    .build())
            .setRetrySettings(retrySettings(patience));
    Optional<ManagedChannel> channel = Optional.empty();
    if (target instanceof PubsubTarget.Emulator emulator) {
      ManagedChannel plaintext =
          QuickReconnect.watch(
              ManagedChannelBuilder.forAddress(emulator.host(), emulator.port())
                  .usePlaintext()
                  .build());
      builder
          .setChannelProvider(
              FixedTransportChannelProvider.create(GrpcTransportChannel.create(plaintext)))
          .setCredentialsProvider(NoCredentialsProvider.create());
      channel = Optional.of(plaintext);
    }
    return new TopicPublisher(builder.build(), channel);
  }

  private static RetrySettings retrySettings(Duration patience) {
    Duration call = CALL_TIMEOUT.compareTo(patience) < 0 ? CALL_TIMEOUT : patience;
    return RetrySettings.newBuilder()
        .setTotalTimeoutDuration(patience)
        .setInitialRetryDelayDuration(Duration.ofMillis(100))
        .setRetryDelayMultiplier(2)
        .setMaxRetryDelayDuration(Duration.ofSeconds(5))
        .setInitialRpcTimeoutDuration(call)
        .setRpcTimeoutMultiplier(1)
        .setMaxRpcTimeoutDuration(call)
        .build();
  }

  /** Completes when Pub/Sub has it; fails with the client's exceptions. */
  public CompletableFuture<Void> publish(PubsubMessage message) {
    CompletableFuture<Void> accepted = new CompletableFuture<>();
    ApiFuture<String> published;
    try {
      published = publisher.publish(message);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    ApiFutures.addCallback(
        published,
        new ApiFutureCallback<>() {
          @Override
          public void onSuccess(String messageId) {
            accepted.complete(null);
          }

          @Override
          public void onFailure(Throwable error) {
            accepted.completeExceptionally(error);
          }
        },
        Runnable::run);
    return accepted;
  }

  /** Sends what waits, and blocks for some seconds at most; what then is unsent is given up. */
  @Override
  public void close() {
    // Blocks until all is sent or given up, which may take as long as that is tried.
    Thread shutdown = new Thread(publisher::shutdown, "publisher-shutdown");
    shutdown.setDaemon(true);
    shutdown.start();
    try {
      shutdown.join(CLOSE_PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    emulatorChannel.ifPresent(ManagedChannel::shutdownNow);
  }
}
