package io.promptbeam.message;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes references. Each is tried for {@link #TOTAL_TIMEOUT} in the background, so an outage
 * shorter than that delays a message and loses none that this process lives to send; a caller
 * bounds its own wait on the future. Messages carry no attributes.
 */
public final class PubsubJobPublisher implements JobPublisher {
  /** How long one message is tried. */
  public static final Duration TOTAL_TIMEOUT = Duration.ofMinutes(10);

  private final TopicPublisher publisher;

  private PubsubJobPublisher(TopicPublisher publisher) {
    this.publisher = publisher;
  }

  /**
   * Connects lazily: a Pub/Sub that is down shows in the futures only.
   *
   * @param topic its id, without project
   * @throws IOException if the process has no credentials for the real service
   */
  public static PubsubJobPublisher create(PubsubTarget target, String topic) throws IOException {
    return new PubsubJobPublisher(TopicPublisher.open(target, topic, TOTAL_TIMEOUT));
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
    return publisher.publish(
        PubsubMessage.newBuilder().setData(ByteString.copyFrom(message)).build());
  }

  /** Sends what waits, and blocks for some seconds at most; what then is unsent is given up. */
  @Override
  public void close() {
    publisher.close();
  }
}
