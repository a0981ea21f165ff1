package io.promptbeam.local.pubsub;

import com.google.protobuf.Empty;
import com.google.pubsub.v1.DeleteTopicRequest;
import com.google.pubsub.v1.GetTopicRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsResponse;
import com.google.pubsub.v1.ListTopicsRequest;
import com.google.pubsub.v1.ListTopicsResponse;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Topic;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;

/** Topics and publishing. Lists come in one page. */
final class PublisherService extends PublisherGrpc.PublisherImplBase {
  private static final int MAX_REQUEST_BYTES = 10_000_000;
  private static final int MAX_REQUEST_MESSAGES = 1000;

  private final Broker broker;

  PublisherService(Broker broker) {
    this.broker = broker;
  }

  @Override
  public void createTopic(Topic request, StreamObserver<Topic> observer) {
    Unary.answer(observer, () -> broker.createTopic(request));
  }

  @Override
  public void getTopic(GetTopicRequest request, StreamObserver<Topic> observer) {
    Unary.answer(observer, () -> broker.topic(request.getTopic()));
  }

  @Override
  public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> observer) {
    Unary.answer(
        observer,
        () -> {
          ListTopicsResponse.Builder response = ListTopicsResponse.newBuilder();
          broker.topics(request.getProject()).forEach(response::addTopics);
          return response.build();
        });
  }

  @Override
  public void listTopicSubscriptions(
      ListTopicSubscriptionsRequest request,
      StreamObserver<ListTopicSubscriptionsResponse> observer) {
    Unary.answer(
        observer,
        () -> {
          ListTopicSubscriptionsResponse.Builder response =
              ListTopicSubscriptionsResponse.newBuilder();
          broker.subscriptionsOf(request.getTopic()).forEach(response::addSubscriptions);
          return response.build();
        });
  }

  @Override
  public void deleteTopic(DeleteTopicRequest request, StreamObserver<Empty> observer) {
    Unary.answer(
        observer,
        () -> {
          broker.deleteTopic(request.getTopic());
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void publish(PublishRequest request, StreamObserver<PublishResponse> observer) {
    Unary.answer(
        observer,
        () -> {
          requireWithinLimits(request);
          return PublishResponse.newBuilder()
              .addAllMessageIds(broker.publish(request.getTopic(), request.getMessagesList()))
              .build();
        });
  }

  private static void requireWithinLimits(PublishRequest request) {
    if (request.getMessagesCount() == 0 || request.getMessagesCount() > MAX_REQUEST_MESSAGES) {
      throw invalid("A request carries 1 to 1000 messages");
    }
    if (request.getSerializedSize() > MAX_REQUEST_BYTES) {
      throw invalid("Request payload size exceeds the limit: 10000000 bytes");
    }
    for (PubsubMessage message : request.getMessagesList()) {
      if (message.getData().isEmpty() && message.getAttributesCount() == 0) {
        throw invalid("Message has neither data nor attributes");
      }
    }
  }

  private static RuntimeException invalid(String description) {
    return Status.INVALID_ARGUMENT.withDescription(description).asRuntimeException();
  }
}
