package io.promptbeam.local.pubsub;

import com.google.protobuf.Timestamp;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.Status;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** All topics and subscriptions. Thread-safe; errors are {@code StatusRuntimeException}s. */
final class Broker {
  /** What the service shows as the topic of a subscription whose topic was deleted. */
  private static final String DELETED_TOPIC = "_deleted-topic_";

  private record TopicEntry(Topic topic, List<MessageQueue> queues) {}

  private final InstantSource clock;
  private final ConcurrentMap<String, TopicEntry> topics = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, MessageQueue> queues = new ConcurrentHashMap<>();

  /**
   * Not from 1 each time: Beam drops messages whose ids it has seen, and a pipeline that outlives a
   * server would take the next one's messages for repetitions.
   */
  private final AtomicLong nextMessageId =
      new AtomicLong(ThreadLocalRandom.current().nextLong(1L << 40, 1L << 41) << 20);

  Broker(InstantSource clock) {
    this.clock = clock;
  }

  Topic createTopic(Topic topic) {
    ResourceNames.requireTopic(topic.getName());
    TopicEntry entry = new TopicEntry(topic, new CopyOnWriteArrayList<>());
    if (topics.putIfAbsent(topic.getName(), entry) != null) {
      throw Status.ALREADY_EXISTS.withDescription("Topic already exists").asRuntimeException();
    }
    return topic;
  }

  Topic topic(String name) {
    return topicEntry(name).topic();
  }

  Stream<Topic> topics(String project) {
    return topics.values().stream()
        .map(TopicEntry::topic)
        .filter(topic -> topic.getName().startsWith(project + "/"));
  }

  synchronized void deleteTopic(String name) {
    TopicEntry entry = topicEntry(name);
    topics.remove(name);
    entry.queues().forEach(queue -> queue.renameTopic(DELETED_TOPIC));
  }

  synchronized Subscription createSubscription(Subscription subscription) {
    ResourceNames.requireSubscription(subscription.getName());
    Subscription complete = withAckDeadline(subscription);
    TopicEntry entry = topicEntry(subscription.getTopic());
    MessageQueue queue = new MessageQueue(complete, clock);
    if (queues.putIfAbsent(subscription.getName(), queue) != null) {
      throw Status.ALREADY_EXISTS
          .withDescription("Subscription already exists")
          .asRuntimeException();
    }
    entry.queues().add(queue);
    return complete;
  }

  private static Subscription withAckDeadline(Subscription subscription) {
    int seconds = subscription.getAckDeadlineSeconds();
    if (seconds == 0) {
      return subscription.toBuilder().setAckDeadlineSeconds(10).build();
    }
    if (seconds < 10 || seconds > 600) {
      throw Status.INVALID_ARGUMENT
          .withDescription("ackDeadlineSeconds must be between 10 and 600")
          .asRuntimeException();
    }
    return subscription;
  }

  MessageQueue queue(String subscription) {
    MessageQueue queue = queues.get(subscription);
    if (queue == null) {
      throw Status.NOT_FOUND
          .withDescription("Subscription does not exist: " + subscription)
          .asRuntimeException();
    }
    return queue;
  }

  Stream<Subscription> subscriptions(String project) {
    return queues.values().stream()
        .map(MessageQueue::subscription)
        .filter(subscription -> subscription.getName().startsWith(project + "/"));
  }

  Stream<String> subscriptionsOf(String topic) {
    return topicEntry(topic).queues().stream().map(queue -> queue.subscription().getName());
  }

  synchronized void deleteSubscription(String name) {
    MessageQueue queue = queue(name);
    queues.remove(name);
    topics.values().forEach(entry -> entry.queues().remove(queue));
    queue.close(Status.NOT_FOUND.withDescription("Subscription was deleted"));
  }

  /** Gives the messages their ids and puts them into every subscription of the topic. */
  List<String> publish(String topic, List<PubsubMessage> messages) {
    TopicEntry entry = topicEntry(topic);
    Instant now = clock.instant();
    Timestamp publishTime =
        Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()).build();
    List<String> ids = new ArrayList<>(messages.size());
    List<PubsubMessage> stamped = new ArrayList<>(messages.size());
    for (PubsubMessage message : messages) {
      String id = Long.toString(nextMessageId.getAndIncrement());
      ids.add(id);
      stamped.add(message.toBuilder().setMessageId(id).setPublishTime(publishTime).build());
    }
    entry.queues().forEach(queue -> queue.add(stamped));
    return ids;
  }

  void expireDue() {
    queues.values().forEach(MessageQueue::expireDue);
  }

  void close() {
    queues
        .values()
        .forEach(queue -> queue.close(Status.UNAVAILABLE.withDescription("Server is closing")));
  }

  private TopicEntry topicEntry(String name) {
    TopicEntry entry = topics.get(name);
    if (entry == null) {
      throw Status.NOT_FOUND.withDescription("Topic not found: " + name).asRuntimeException();
    }
    return entry;
  }
}
