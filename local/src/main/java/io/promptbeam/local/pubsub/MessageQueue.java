package io.promptbeam.local.pubsub;

import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.Subscription;
import io.grpc.Status;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A subscription's messages: waiting or leased to a receiver. Thread-safe, O(1) per message. */
final class MessageQueue {
  /** A response stays well below what clients accept (20 MB for the official ones). */
  static final long MAX_BATCH_BYTES = 4L * 1024 * 1024;

  static final int MAX_BATCH_MESSAGES = 1000;

  private final InstantSource clock;
  private final Deque<PubsubMessage> waiting = new ArrayDeque<>();
  private final Map<Long, Lease> leases = new HashMap<>();
  private final LeaseDeadlines deadlines = new LeaseDeadlines();
  private final Deque<Receiver> receivers = new ArrayDeque<>();
  private Subscription subscription;
  private @Nullable Status closed;
  private long nextAckId = 1;

  MessageQueue(Subscription subscription, InstantSource clock) {
    this.subscription = subscription;
    this.clock = clock;
  }

  synchronized Subscription subscription() {
    return subscription;
  }

  synchronized void renameTopic(String topic) {
    subscription = subscription.toBuilder().setTopic(topic).build();
  }

  synchronized void add(List<PubsubMessage> messages) {
    waiting.addAll(messages);
    deliver();
  }

  /** Serves the receiver now and whenever something arrives, until it leaves. */
  synchronized void join(Receiver receiver) {
    if (closed != null) {
      receiver.fail(closed);
      return;
    }
    receivers.add(receiver);
    expireDue();
    deliver();
  }

  synchronized void leave(Receiver receiver) {
    receivers.remove(receiver);
  }

  /** Serves the receivers, one of whose demand has risen. */
  synchronized void deliver() {
    int without = 0;
    while (!waiting.isEmpty() && without < receivers.size()) {
      Receiver receiver = receivers.removeFirst();
      receivers.addLast(receiver);
      List<ReceivedMessage> batch = lease(receiver);
      if (batch.isEmpty()) {
        without++;
      } else {
        without = 0;
        receiver.receive(batch);
      }
    }
  }

  private List<ReceivedMessage> lease(Receiver receiver) {
    int maxMessages = Math.min(receiver.messageDemand(), MAX_BATCH_MESSAGES);
    long maxBytes = Math.min(receiver.byteDemand(), MAX_BATCH_BYTES);
    if (maxMessages <= 0 || maxBytes <= 0) {
      return List.of();
    }
    long deadlineMillis = clock.millis() + receiver.ackDeadlineSeconds() * 1000L;
    List<ReceivedMessage> batch = new ArrayList<>(Math.min(maxMessages, waiting.size()));
    long bytes = 0;
    while (batch.size() < maxMessages) {
      PubsubMessage next = waiting.peekFirst();
      if (next == null || (!batch.isEmpty() && bytes + next.getSerializedSize() > maxBytes)) {
        break;
      }
      waiting.removeFirst();
      bytes += next.getSerializedSize();
      Lease lease = new Lease(nextAckId++, next, receiver, deadlineMillis);
      leases.put(lease.ackId(), lease);
      deadlines.add(lease);
      batch.add(
          ReceivedMessage.newBuilder()
              .setAckId(Long.toString(lease.ackId()))
              .setMessage(next)
              .build());
    }
    return batch;
  }

  /** Unknown, expired and repeated ids are ignored, as the service does. */
  synchronized void acknowledge(List<String> ackIds) {
    for (String ackId : ackIds) {
      lease(ackId).ifPresent(this::end);
    }
    deliver();
  }

  /**
   * Sets new deadlines, counted from now.
   *
   * @param seconds 0 returns the messages to be delivered again at once
   */
  synchronized void modifyAckDeadline(List<String> ackIds, int seconds) {
    for (String ackId : ackIds) {
      lease(ackId).ifPresent(lease -> modify(lease, seconds));
    }
    deliver();
  }

  private void modify(Lease lease, int seconds) {
    if (seconds == 0) {
      returnToQueue(lease);
    } else {
      lease.extendTo(clock.millis() + seconds * 1000L);
      deadlines.add(lease);
    }
  }

  synchronized void expireDue() {
    List<Lease> due = deadlines.due(clock.millis());
    if (!due.isEmpty()) {
      due.forEach(this::returnToQueue);
      deliver();
    }
  }

  /** Every receiver fails with {@code status}, later ones too. */
  synchronized void close(Status status) {
    closed = status;
    waiting.clear();
    leases.clear();
    List<Receiver> all = List.copyOf(receivers);
    receivers.clear();
    all.forEach(receiver -> receiver.fail(status));
  }

  private Optional<Lease> lease(String ackId) {
    try {
      return Optional.ofNullable(leases.get(Long.valueOf(ackId)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private void returnToQueue(Lease lease) {
    PubsubMessage message = end(lease);
    if (message != null) {
      // Last, so that a message nobody can handle does not hold up the others.
      waiting.addLast(message);
    }
  }

  private @Nullable PubsubMessage end(Lease lease) {
    leases.remove(lease.ackId());
    PubsubMessage message = lease.end();
    lease.receiver().settled(lease.bytes());
    return message;
  }
}
