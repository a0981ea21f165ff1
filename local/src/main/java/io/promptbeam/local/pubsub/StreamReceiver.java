package io.promptbeam.local.pubsub;

import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One StreamingPull: takes messages while its flow control and its connection allow. Its requests
 * come one after the other; what the queue calls is guarded by the queue.
 */
final class StreamReceiver implements Receiver, StreamObserver<StreamingPullRequest> {
  private final Broker broker;
  private final ServerCallStreamObserver<StreamingPullResponse> observer;
  private volatile @Nullable MessageQueue queue;
  private volatile int ackDeadlineSeconds;
  private final AtomicBoolean ended = new AtomicBoolean();
  private long maxMessages;
  private long maxBytes;
  private long outstandingMessages;
  private long outstandingBytes;

  StreamReceiver(Broker broker, ServerCallStreamObserver<StreamingPullResponse> observer) {
    this.broker = broker;
    this.observer = observer;
    observer.setOnReadyHandler(
        () -> {
          MessageQueue joined = queue;
          if (joined != null) {
            joined.deliver();
          }
        });
    observer.setOnCancelHandler(() -> leave());
  }

  @Override
  public void onNext(StreamingPullRequest request) {
    try {
      MessageQueue joined = queue;
      if (joined == null) {
        open(request);
      } else {
        update(joined, request);
      }
    } catch (StatusRuntimeException e) {
      if (leave()) {
        observer.onError(e);
      }
    }
  }

  private void open(StreamingPullRequest request) {
    int seconds = request.getStreamAckDeadlineSeconds();
    if (seconds < 10 || seconds > 600) {
      throw Status.INVALID_ARGUMENT
          .withDescription("streamAckDeadlineSeconds must be between 10 and 600")
          .asRuntimeException();
    }
    MessageQueue joined = broker.queue(request.getSubscription());
    ackDeadlineSeconds = seconds;
    maxMessages = limitOf(request.getMaxOutstandingMessages());
    maxBytes = limitOf(request.getMaxOutstandingBytes());
    queue = joined;
    joined.join(this);
  }

  /** Without a limit of the client's, its transport's backpressure is the limit. */
  private static long limitOf(long requested) {
    return requested > 0 ? requested : Long.MAX_VALUE;
  }

  private void update(MessageQueue joined, StreamingPullRequest request) {
    if (request.getModifyDeadlineSecondsCount() != request.getModifyDeadlineAckIdsCount()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("as many modifyDeadlineSeconds as modifyDeadlineAckIds are needed")
          .asRuntimeException();
    }
    if (request.getStreamAckDeadlineSeconds() > 0) {
      ackDeadlineSeconds = request.getStreamAckDeadlineSeconds();
    }
    if (request.getAckIdsCount() > 0) {
      joined.acknowledge(request.getAckIdsList());
    }
    for (int i = 0; i < request.getModifyDeadlineAckIdsCount(); i++) {
      joined.modifyAckDeadline(
          List.of(request.getModifyDeadlineAckIds(i)), request.getModifyDeadlineSeconds(i));
    }
  }

  @Override
  public void onError(Throwable error) {
    leave();
  }

  @Override
  public void onCompleted() {
    if (leave()) {
      observer.onCompleted();
    }
  }

  /** False if it had ended before. */
  private boolean leave() {
    boolean first = ended.compareAndSet(false, true);
    MessageQueue joined = queue;
    if (joined != null) {
      joined.leave(this);
    }
    return first;
  }

  @Override
  public int messageDemand() {
    if (ended.get() || observer.isCancelled() || !observer.isReady()) {
      return 0;
    }
    return (int) Math.min(Integer.MAX_VALUE, maxMessages - outstandingMessages);
  }

  @Override
  public long byteDemand() {
    return maxBytes - outstandingBytes;
  }

  @Override
  public int ackDeadlineSeconds() {
    return ackDeadlineSeconds;
  }

  @Override
  public void receive(List<ReceivedMessage> batch) {
    outstandingMessages += batch.size();
    for (ReceivedMessage received : batch) {
      outstandingBytes += received.getMessage().getSerializedSize();
    }
    observer.onNext(StreamingPullResponse.newBuilder().addAllReceivedMessages(batch).build());
  }

  @Override
  public void settled(int bytes) {
    outstandingMessages--;
    outstandingBytes -= bytes;
  }

  @Override
  public void fail(Status status) {
    if (ended.compareAndSet(false, true)) {
      observer.onError(status.asRuntimeException());
    }
  }
}
