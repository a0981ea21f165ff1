package io.promptbeam.pipeline.notice;

import com.google.api.gax.rpc.ApiException;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import io.promptbeam.notice.Notice;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.notice.NoticeSender.Answer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Publishes notices to a topic, each as one message, with attributes that subscriptions can filter
 * by. Thread-safe; blocks, for a bounded time.
 */
public final class EventPublisher implements AutoCloseable {
  /** How long one message is tried: the shortest that the client allows. */
  public static final Duration PATIENCE = Duration.ofSeconds(10);

  /** The client ends by itself, as a rule. */
  private static final Duration TIMEOUT = PATIENCE.plusSeconds(5);

  private final Function<PubsubMessage, CompletableFuture<Void>> publish;
  private final Runnable close;
  private final CompletableFuture<Void> brokenOff = new CompletableFuture<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A publisher.
   *
   * @param publish completes when the topic has the message
   * @param close of what publishes; called once
   */
  public EventPublisher(Function<PubsubMessage, CompletableFuture<Void>> publish, Runnable close) {
    this.publish = publish;
    this.close = close;
  }

  Answer send(Notice notice) {
    try {
      CompletableFuture.anyOf(publish.apply(message(notice)), brokenOff)
          .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer.Delivered();
    } catch (ExecutionException e) {
      // The client's exceptions have a code; what their messages say is not for every log.
      return new Answer.Failed(
          e.getCause() instanceof ApiException refused
              ? "Pub/Sub says " + refused.getStatusCode().getCode()
              : "could not be published: " + SparseWarning.reason(e));
    } catch (TimeoutException e) {
      return new Answer.Failed("no answer within " + TIMEOUT.toSeconds() + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.Failed("interrupted");
    }
  }

  private static PubsubMessage message(Notice notice) {
    return PubsubMessage.newBuilder()
        .setData(ByteString.copyFromUtf8(notice.body()))
        .putAttributes("id", notice.id())
        .putAttributes("type", notice.type())
        .putAttributes("owner", notice.owner().name())
        .putAttributes("subject", notice.subject())
        .build();
  }

  /** Breaks off what is being published. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      brokenOff.completeExceptionally(new IllegalStateException("the publisher is closed"));
      close.run();
    }
  }
}
