package io.promptbeam.local.pubsub;

import com.google.protobuf.Empty;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.ListSubscriptionsRequest;
import com.google.pubsub.v1.ListSubscriptionsResponse;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.PullResponse;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Subscriptions, and taking messages from them. Lists come in one page. */
final class SubscriberService extends SubscriberGrpc.SubscriberImplBase {
  /** How long a pull waits for a first message if its caller's deadline does not come before. */
  private static final long MAX_PULL_WAIT_MILLIS = 10_000;

  private final Broker broker;
  private final ScheduledExecutorService timer;

  SubscriberService(Broker broker, ScheduledExecutorService timer) {
    this.broker = broker;
    this.timer = timer;
  }

  @Override
  public void createSubscription(Subscription request, StreamObserver<Subscription> observer) {
    Unary.answer(observer, () -> broker.createSubscription(request));
  }

  @Override
  public void getSubscription(
      GetSubscriptionRequest request, StreamObserver<Subscription> observer) {
    Unary.answer(observer, () -> broker.queue(request.getSubscription()).subscription());
  }

  @Override
  public void listSubscriptions(
      ListSubscriptionsRequest request, StreamObserver<ListSubscriptionsResponse> observer) {
    Unary.answer(
        observer,
        () -> {
          ListSubscriptionsResponse.Builder response = ListSubscriptionsResponse.newBuilder();
          broker.subscriptions(request.getProject()).forEach(response::addSubscriptions);
          return response.build();
        });
  }

  @Override
  public void deleteSubscription(
      DeleteSubscriptionRequest request, StreamObserver<Empty> observer) {
    Unary.answer(
        observer,
        () -> {
          broker.deleteSubscription(request.getSubscription());
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void acknowledge(AcknowledgeRequest request, StreamObserver<Empty> observer) {
    Unary.answer(
        observer,
        () -> {
          broker.queue(request.getSubscription()).acknowledge(request.getAckIdsList());
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void modifyAckDeadline(ModifyAckDeadlineRequest request, StreamObserver<Empty> observer) {
    Unary.answer(
        observer,
        () -> {
          int seconds = request.getAckDeadlineSeconds();
          if (seconds < 0 || seconds > 600) {
            throw Status.INVALID_ARGUMENT
                .withDescription("ackDeadlineSeconds must be between 0 and 600")
                .asRuntimeException();
          }
          broker
              .queue(request.getSubscription())
              .modifyAckDeadline(request.getAckIdsList(), seconds);
          return Empty.getDefaultInstance();
        });
  }

  @Override
  @SuppressWarnings("deprecation") // returnImmediately: Beam sends it, so it must be understood
  public void pull(PullRequest request, StreamObserver<PullResponse> observer) {
    if (request.getMaxMessages() < 1) {
      observer.onError(
          Status.INVALID_ARGUMENT
              .withDescription("maxMessages must be positive")
              .asRuntimeException());
      return;
    }
    MessageQueue queue;
    try {
      queue = broker.queue(request.getSubscription());
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    }
    PullReceiver receiver =
        new PullReceiver(
            queue,
            (ServerCallStreamObserver<PullResponse>) observer,
            request.getMaxMessages(),
            queue.subscription().getAckDeadlineSeconds());
    queue.join(receiver);
    if (request.getReturnImmediately()) {
      receiver.giveUp();
    } else if (!receiver.isDone()) {
      receiver.giveUpWhen(timer.schedule(receiver::giveUp, waitMillis(), TimeUnit.MILLISECONDS));
    }
  }

  /** Ends before the caller's deadline, so that an empty answer still reaches it. */
  private static long waitMillis() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null
        ? MAX_PULL_WAIT_MILLIS
        : Math.min(
            MAX_PULL_WAIT_MILLIS,
            Math.max(0, deadline.timeRemaining(TimeUnit.MILLISECONDS) * 9 / 10));
  }

  @Override
  public StreamObserver<StreamingPullRequest> streamingPull(
      StreamObserver<StreamingPullResponse> observer) {
    return new StreamReceiver(broker, (ServerCallStreamObserver<StreamingPullResponse>) observer);
  }
}
