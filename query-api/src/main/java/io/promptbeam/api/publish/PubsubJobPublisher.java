package io.promptbeam.api.publish;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.api.gax.batching.BatchingSettings;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.cloud.pubsub.v1.Publisher;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
import io.promptbeam.message.JobMessage;
import io.promptbeam.message.JobMessageCodec;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.outage.QuickReconnect;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes references with the official client, many in one request. The client goes on trying for
 * {@link #TOTAL_TIMEOUT} in the background, so an outage shorter than that delays a message and
 * loses none that this process lives to send; a caller bounds its own wait on the future. Messages
 * carry no attributes.
 */
public final class PubsubJobPublisher implements JobPublisher {
  /** How long one message is tried; the client allows no less than 10 seconds. */
  public static final Duration TOTAL_TIMEOUT = Duration.ofMinutes(10);

  private static final Duration BATCH_DELAY = Duration.ofMillis(5);
  private static final long BATCH_MESSAGES = 500;
  private static final long BATCH_BYTES = 1_000_000;
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final Publisher publisher;
  private final Optional<ManagedChannel> emulatorChannel;

  private PubsubJobPublisher(Publisher publisher, Optional<ManagedChannel> emulatorChannel) {
    this.publisher = publisher;
    this.emulatorChannel = emulatorChannel;
  }

  /**
   * Connects lazily: a Pub/Sub that is down shows in the futures only.
   *
   * @param topic its id, without project
   * @throws IOException if the process has no credentials for the real service
   */
  public static PubsubJobPublisher create(PubsubTarget target, String topic) throws IOException {
    Publisher.Builder builder =
        Publisher.newBuilder(PubsubNames.topicPath(target.projectId(), topic))
            .setBatchingSettings(
                BatchingSettings.newBuilder()
                    .setDelayThresholdDuration(BATCH_DELAY)
                    .setElementCountThreshold(BATCH_MESSAGES)
                    .setRequestByteThreshold(BATCH_BYTES)
                    .build())
            .setRetrySettings(retrySettings());
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
    return new PubsubJobPublisher(builder.build(), channel);
  }

  private static RetrySettings retrySettings() {
    return RetrySettings.newBuilder()
        .setTotalTimeoutDuration(TOTAL_TIMEOUT)
        .setInitialRetryDelayDuration(Duration.ofMillis(100))
        .setRetryDelayMultiplier(2)
        .setMaxRetryDelayDuration(Duration.ofSeconds(5))
        .setInitialRpcTimeoutDuration(Duration.ofSeconds(15))
        .setRpcTimeoutMultiplier(1)
        .setMaxRpcTimeoutDuration(Duration.ofSeconds(15))
        .build();
  }

  @Override
  public CompletableFuture<Void> publish(JobReference reference) {
    return publish(JobMessageCodec.encode(reference));
  }

  @Override
  public CompletableFuture<Void> publishTogether(List<JobReference> references) {
    return publish(JobMessageCodec.encode(new JobMessage.References(references)));
  }

  @Override
  public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
    return publish(JobMessageCodec.encode(new JobMessage.OfBatch(batch, owner)));
  }

  private CompletableFuture<Void> publish(byte[] message) {
    CompletableFuture<Void> accepted = new CompletableFuture<>();
    ApiFuture<String> published;
    try {
      published =
          publisher.publish(
              PubsubMessage.newBuilder().setData(ByteString.copyFrom(message)).build());
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
        MoreExecutors.directExecutor());
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
