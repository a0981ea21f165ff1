package io.promptbeam.local.pubsub;

import com.google.pubsub.v1.PullResponse;
import com.google.pubsub.v1.ReceivedMessage;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One waiting Pull: takes one batch, then leaves. Guarded by its queue. */
final class PullReceiver implements Receiver {
  private final MessageQueue queue;
  private final ServerCallStreamObserver<PullResponse> observer;
  private final int maxMessages;
  private final int ackDeadlineSeconds;
  private boolean done;
  private @Nullable Future<?> timeout;

  PullReceiver(
      MessageQueue queue,
      ServerCallStreamObserver<PullResponse> observer,
      int maxMessages,
      int ackDeadlineSeconds) {
    this.queue = queue;
    this.observer = observer;
    this.maxMessages = maxMessages;
    this.ackDeadlineSeconds = ackDeadlineSeconds;
    observer.setOnCancelHandler(this::giveUp);
  }

  /** Answers with nothing, unless it has answered. */
  void giveUp() {
    synchronized (queue) {
      queue.leave(this);
      if (!done) {
        answer(List.of());
      }
    }
  }

  void giveUpWhen(Future<?> timeoutTask) {
    synchronized (queue) {
      timeout = timeoutTask;
      if (done) {
        timeoutTask.cancel(false);
      }
    }
  }

  boolean isDone() {
    synchronized (queue) {
      return done;
    }
  }

  @Override
  public int messageDemand() {
    return done || observer.isCancelled() ? 0 : maxMessages;
  }

  @Override
  public long byteDemand() {
    return Long.MAX_VALUE;
  }

  @Override
  public int ackDeadlineSeconds() {
    return ackDeadlineSeconds;
  }

  @Override
  public void receive(List<ReceivedMessage> batch) {
    answer(batch);
    // The queue goes on through its receivers while this runs, and tolerates the removal.
    queue.leave(this);
  }

  @Override
  public void settled(int bytes) {}

  @Override
  public void fail(Status status) {
    if (!done) {
      done = true;
      cancelTimeout();
      observer.onError(status.asRuntimeException());
    }
  }

  private void answer(List<ReceivedMessage> batch) {
    done = true;
    cancelTimeout();
    if (!observer.isCancelled()) {
      observer.onNext(PullResponse.newBuilder().addAllReceivedMessages(batch).build());
      observer.onCompleted();
    }
  }

  private void cancelTimeout() {
    if (timeout != null) {
      timeout.cancel(false);
    }
  }
}
