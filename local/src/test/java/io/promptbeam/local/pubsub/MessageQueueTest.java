package io.promptbeam.local.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.Subscription;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageQueueTest {
  private final SettableClock clock = new SettableClock();
  private final MessageQueue queue =
      new MessageQueue(Subscription.newBuilder().setAckDeadlineSeconds(10).build(), clock);
  private final CollectingReceiver receiver = new CollectingReceiver();

  @Test
  void message_isDeliveredAgain_whenItsDeadlinePasses() {
    queue.join(receiver);
    queue.add(messages("a"));

    clock.advance(Duration.ofMillis(9_999));
    queue.expireDue();
    assertThat(receiver.texts()).containsExactly("a");

    clock.advance(Duration.ofMillis(1));
    queue.expireDue();
    assertThat(receiver.texts()).containsExactly("a", "a");
  }

  @Test
  void message_isNotDeliveredAgain_whenAcknowledgedInTime() {
    queue.join(receiver);
    queue.add(messages("a"));
    queue.acknowledge(List.of(receiver.received.get(0).getAckId()));

    clock.advance(Duration.ofMinutes(20));
    queue.expireDue();

    assertThat(receiver.texts()).containsExactly("a");
  }

  @Test
  void deadline_countsFromTheExtension_whenExtended() {
    queue.join(receiver);
    queue.add(messages("a"));
    clock.advance(Duration.ofSeconds(9));
    queue.modifyAckDeadline(List.of(receiver.received.get(0).getAckId()), 30);

    clock.advance(Duration.ofSeconds(29));
    queue.expireDue();
    assertThat(receiver.texts()).hasSize(1);

    clock.advance(Duration.ofSeconds(1));
    queue.expireDue();
    assertThat(receiver.texts()).hasSize(2);
  }

  @Test
  void deadline_comesEarlier_whenShortened() {
    queue.join(receiver);
    queue.add(messages("a"));
    queue.modifyAckDeadline(List.of(receiver.received.get(0).getAckId()), 1);

    clock.advance(Duration.ofSeconds(1));
    queue.expireDue();

    assertThat(receiver.texts()).hasSize(2);
  }

  @Test
  void staleAckId_changesNothing_whenMessageWasDeliveredAgain() {
    queue.join(receiver);
    queue.add(messages("a"));
    String stale = receiver.received.get(0).getAckId();
    queue.modifyAckDeadline(List.of(stale), 0);

    queue.acknowledge(List.of(stale, "no number"));
    clock.advance(Duration.ofSeconds(10));
    queue.expireDue();

    assertThat(receiver.texts()).hasSize(3);
  }

  @Test
  void receiver_getsNoMore_thanItsDemand() {
    receiver.demand = 2;
    queue.join(receiver);
    queue.add(messages("a", "b", "c"));
    assertThat(receiver.texts()).containsExactly("a", "b");

    queue.acknowledge(List.of(receiver.received.get(0).getAckId()));

    assertThat(receiver.texts()).containsExactly("a", "b", "c");
  }

  @Test
  void messages_goToAnother_whenOneReceiverIsFull() {
    CollectingReceiver other = new CollectingReceiver();
    receiver.demand = 1;
    queue.join(receiver);
    queue.join(other);

    queue.add(messages("a", "b", "c"));

    assertThat(receiver.texts()).hasSize(1);
    assertThat(other.texts()).hasSize(2);
  }

  @Test
  void batch_staysBelowTheByteLimit_whenMessagesAreLarge() {
    String half = "x".repeat((int) (MessageQueue.MAX_BATCH_BYTES / 2));
    queue.add(messages(half, half, half));

    queue.join(receiver);

    assertThat(receiver.batchSizes).containsExactly(1, 1, 1);
  }

  @Test
  void receiver_fails_whenQueueCloses() {
    queue.join(receiver);

    queue.close(Status.NOT_FOUND);

    assertThat(receiver.failures).containsExactly(Status.NOT_FOUND);
  }

  private static List<PubsubMessage> messages(String... texts) {
    List<PubsubMessage> messages = new ArrayList<>();
    for (String text : texts) {
      messages.add(PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(text)).build());
    }
    return messages;
  }

  private static final class CollectingReceiver implements Receiver {
    private final List<ReceivedMessage> received = new ArrayList<>();
    private final List<Integer> batchSizes = new ArrayList<>();
    private final List<Status> failures = new ArrayList<>();
    private int demand = 100;

    List<String> texts() {
      return received.stream().map(one -> one.getMessage().getData().toStringUtf8()).toList();
    }

    @Override
    public int messageDemand() {
      return demand;
    }

    @Override
    public long byteDemand() {
      return Long.MAX_VALUE;
    }

    @Override
    public int ackDeadlineSeconds() {
      return 10;
    }

    @Override
    public void receive(List<ReceivedMessage> batch) {
      demand -= batch.size();
      batchSizes.add(batch.size());
      received.addAll(batch);
    }

    @Override
    public void settled(int bytes) {
      demand++;
    }

    @Override
    public void fail(Status status) {
      failures.add(status);
    }
  }
}
