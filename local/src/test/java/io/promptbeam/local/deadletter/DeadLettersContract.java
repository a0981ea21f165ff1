package io.promptbeam.local.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.local.deadletter.DeadLetters.End;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.PubsubTopology;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reading, replaying and discarding dead letters, on whatever speaks Pub/Sub. */
@Timeout(120)
abstract class DeadLettersContract {
  private static final PubsubNames NAMES = PubsubNames.DEFAULT;
  private static final Selection ALL = new Selection(Set.of(), Optional.empty(), Integer.MAX_VALUE);

  /** One for each test, so that none sees another's messages. */
  private final String project = "project-" + UUID.randomUUID();

  private ManagedChannel channel;
  private DeadLetterQueue queue;

  /** Port of the server under test, on 127.0.0.1. */
  abstract int port();

  @BeforeEach
  void open() throws IOException {
    PubsubTarget.Emulator target = PubsubTarget.Emulator.parse("127.0.0.1:" + port(), project);
    PubsubTopology.createMissing(target, NAMES, Duration.ofSeconds(20));
    channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port())
            .usePlaintext()
            .maxInboundMessageSize(64 * 1024 * 1024)
            .build();
    queue = PubsubDeadLetters.open(target, NAMES);
  }

  @AfterEach
  void close() {
    queue.close();
    channel.shutdownNow();
  }

  private List<String> bury(Map<String, String> attributes, String... payloads) {
    return publishTo(NAMES.deadLettersTopic(), attributes, payloads);
  }

  private List<String> publishTo(String topic, Map<String, String> attributes, String... payloads) {
    PublishRequest.Builder request =
        PublishRequest.newBuilder().setTopic(PubsubNames.topicPath(project, topic));
    for (String payload : payloads) {
      request.addMessages(
          PubsubMessage.newBuilder()
              .setData(ByteString.copyFromUtf8(payload))
              .putAllAttributes(attributes));
    }
    return PublisherGrpc.newBlockingStub(channel).publish(request.build()).getMessageIdsList();
  }

  private static Map<String, String> because(String reason) {
    return Map.of("promptbeam-reason", reason, "promptbeam-detail", "It is not.");
  }

  private static DeadLetters over(DeadLetterQueue queue) {
    return new DeadLetters(queue, InstantSource.system(), Duration.ofMinutes(1));
  }

  private List<DeadLetter> look(Selection selection) {
    List<DeadLetter> seen = new ArrayList<>();
    over(queue).look(selection, seen::add);
    return seen;
  }

  private List<String> lookIds() {
    return look(ALL).stream().map(DeadLetter::messageId).toList();
  }

  /** What the pipeline would get, each acknowledged. */
  private List<PubsubMessage> jobs(int count) {
    String subscription = PubsubNames.subscriptionPath(project, NAMES.jobsSubscription());
    List<PubsubMessage> messages = new ArrayList<>();
    while (messages.size() < count) {
      List<ReceivedMessage> received =
          SubscriberGrpc.newBlockingStub(channel)
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .pull(
                  PullRequest.newBuilder()
                      .setSubscription(subscription)
                      .setMaxMessages(100)
                      .build())
              .getReceivedMessagesList();
      AcknowledgeRequest.Builder acks =
          AcknowledgeRequest.newBuilder().setSubscription(subscription);
      for (ReceivedMessage message : received) {
        messages.add(message.getMessage());
        acks.addAckIds(message.getAckId());
      }
      if (!received.isEmpty()) {
        var unused = SubscriberGrpc.newBlockingStub(channel).acknowledge(acks.build());
      }
    }
    return messages;
  }

  @Test
  void look_showsEachOnce_andLosesNothing() {
    String[] payloads = IntStream.range(0, 250).mapToObj(i -> "bad " + i).toArray(String[]::new);
    List<String> ids = bury(because("not_json"), payloads);

    for (int i = 0; i < 2; i++) {
      assertThat(lookIds()).containsExactlyInAnyOrderElementsOf(ids);
    }
    DeadLetter one = look(new Selection(Set.of(ids.get(7)), Optional.empty(), 10)).get(0);
    assertThat(one.payload().toStringUtf8()).isEqualTo("bad 7");
    assertThat(one.reason()).isEqualTo("not_json");
    assertThat(one.detail()).contains("It is not.");
    assertThat(one.field()).isEmpty();
    assertThat(one.truncatedFromBytes()).isEmpty();
    assertThat(one.publishedAt()).isNotNull();
  }

  @Test
  void look_showsWhatIsSelected() {
    bury(because("not_json"), "a", "b", "c");
    List<String> other = bury(because("unknown_model"), "d");

    assertThat(look(new Selection(Set.of(), Optional.of("unknown_model"), 10)))
        .extracting(DeadLetter::messageId)
        .isEqualTo(other);
    assertThat(look(new Selection(Set.of(), Optional.empty(), 2))).hasSize(2);
    assertThat(lookIds()).hasSize(4);
  }

  @Test
  void replay_sendsTheMessageAsItFirstCame_andRemovesIt() {
    bury(
        Map.of(
            "promptbeam-reason", "unknown_model", "promptbeam-field", "model_id", "tenant", "t1"),
        "{\"v\":1}");
    ReplayTally tally = new ReplayTally();

    assertThat(over(queue).replay(ALL, tally)).isEqualTo(End.SEEN_ALL);

    assertThat(tally.replayed()).isEqualTo(1);
    PubsubMessage job = jobs(1).get(0);
    assertThat(job.getData().toStringUtf8()).isEqualTo("{\"v\":1}");
    assertThat(job.getAttributesMap()).isEqualTo(Map.of("tenant", "t1"));
    assertThat(lookIds()).isEmpty();
  }

  @Test
  void replay_takesManyInSeveralRequests() {
    String[] payloads = IntStream.range(0, 230).mapToObj(i -> "bad " + i).toArray(String[]::new);
    bury(because("not_json"), payloads);
    bury(because("too_large"), "x".repeat(4_000_000), "y".repeat(4_000_000));
    ReplayTally tally = new ReplayTally();

    over(queue).replay(ALL, tally);

    assertThat(tally.replayed()).isEqualTo(232);
    assertThat(jobs(232)).extracting(PubsubMessage::getData).doesNotHaveDuplicates().hasSize(232);
    assertThat(lookIds()).isEmpty();
  }

  @Test
  void replay_leavesWhatIsNotSelected() {
    List<String> json = bury(because("not_json"), "a", "b", "c");
    List<String> model = bury(because("unknown_model"), "d", "e");

    ReplayTally byId = new ReplayTally();
    Selection two = new Selection(Set.of(json.get(0), "12345"), Optional.empty(), 10);
    assertThat(over(queue).replay(two, byId)).isEqualTo(End.SEEN_ALL);
    assertThat(byId.found(json.get(0))).isTrue();
    assertThat(byId.found("12345")).isFalse();

    ReplayTally byReason = new ReplayTally();
    over(queue).replay(new Selection(Set.of(), Optional.of("unknown_model"), 10), byReason);
    assertThat(byReason.replayed()).isEqualTo(2);

    ReplayTally limited = new ReplayTally();
    Selection one = new Selection(Set.of(), Optional.empty(), 1);
    assertThat(over(queue).replay(one, limited)).isEqualTo(End.SATISFIED);
    assertThat(limited.replayed()).isEqualTo(1);

    assertThat(jobs(4))
        .extracting(job -> job.getData().toStringUtf8())
        .contains("a", "d", "e")
        .hasSize(4);
    assertThat(lookIds()).hasSize(1).doesNotContainAnyElementsOf(model).isSubsetOf(json);
  }

  @Test
  void replay_leavesATruncatedMessage() {
    List<String> ids =
        bury(
            Map.of("promptbeam-reason", "too_large", "promptbeam-truncated-from-bytes", "9900001"),
            "{\"v\":1,\"ki");
    ReplayTally tally = new ReplayTally();

    over(queue).replay(ALL, tally);

    assertThat(tally.replayed()).isZero();
    assertThat(tally.truncated()).isEqualTo(ids);
    assertThat(lookIds()).isEqualTo(ids);
  }

  @Test
  void replay_losesNothing_whenItDiesBetweenPublishingAndAcknowledging() {
    List<String> ids = bury(because("unknown_model"), "{\"v\":1}");
    ReplayTally tally = new ReplayTally();

    assertThatThrownBy(() -> over(new Dying(queue, true)).replay(ALL, tally))
        .isInstanceOf(QueueException.class);

    assertThat(tally.replayed()).isZero();
    assertThat(jobs(1).get(0).getData().toStringUtf8()).isEqualTo("{\"v\":1}");
    assertThat(lookIds()).isEqualTo(ids);
    over(queue).replay(ALL, tally);
    assertThat(tally.replayed()).isEqualTo(1);
    assertThat(jobs(1).get(0).getData().toStringUtf8()).isEqualTo("{\"v\":1}");
    assertThat(lookIds()).isEmpty();
  }

  @Test
  void replay_removesNothing_whenPublishingFails() {
    List<String> ids = bury(because("unknown_model"), "a", "b");

    assertThatThrownBy(() -> over(new Dying(queue, false)).replay(ALL, new ReplayTally()))
        .isInstanceOf(QueueException.class);

    assertThat(lookIds()).containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void replay_ends_whenEverythingComesBackAtOnce() {
    bury(because("not_json"), "a", "b", "c");
    ReplayTally tally = new ReplayTally();
    DeadLetterQueue bouncing =
        new Wrapped(queue) {
          @Override
          public void publishJobs(List<PubsubMessage> messages) {
            messages.forEach(m -> bury(because("not_json"), m.getData().toStringUtf8()));
          }
        };

    assertThat(over(bouncing).replay(ALL, tally)).isEqualTo(End.SEEN_ALL);

    assertThat(tally.replayed()).isEqualTo(3);
    assertThat(tally.copies()).isEqualTo(3);
    assertThat(look(ALL))
        .extracting(letter -> letter.payload().toStringUtf8())
        .containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void everything_staysInPlace_whenStopped() {
    List<String> ids = bury(because("not_json"), "a", "b", "c");
    DeadLetters letters = over(queue);

    assertThat(letters.look(ALL, letter -> letters.stop())).isEqualTo(End.STOPPED);

    assertThat(lookIds()).containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void discard_removesWhatIsSelected() {
    List<String> ids = bury(because("not_json"), "a", "b", "c");
    List<String> gone = new ArrayList<>();

    over(queue)
        .discard(
            new Selection(Set.of(ids.get(1)), Optional.empty(), 10),
            letter -> gone.add(letter.messageId()));

    assertThat(gone).containsExactly(ids.get(1));
    assertThat(lookIds()).containsExactlyInAnyOrder(ids.get(0), ids.get(2));
  }

  @Test
  void missingSubscription_isNamed() throws IOException {
    var target = PubsubTarget.Emulator.parse("127.0.0.1:" + port(), "project-nothing");
    try (DeadLetterQueue nowhere = PubsubDeadLetters.open(target, NAMES)) {
      assertThatThrownBy(() -> over(nowhere).look(ALL, letter -> {}))
          .isInstanceOf(QueueException.class)
          .hasMessageContaining("project-nothing/subscriptions/" + NAMES.deadLettersSubscription());
    }
  }

  private static class Wrapped implements DeadLetterQueue {
    private final DeadLetterQueue queue;

    Wrapped(DeadLetterQueue queue) {
      this.queue = queue;
    }

    @Override
    public List<DeadLetter> pull(int maxMessages) {
      return queue.pull(maxMessages);
    }

    @Override
    public void hold(Collection<String> ackIds, Duration time) {
      queue.hold(ackIds, time);
    }

    @Override
    public void release(Collection<String> ackIds) {
      queue.release(ackIds);
    }

    @Override
    public void acknowledge(Collection<String> ackIds) {
      queue.acknowledge(ackIds);
    }

    @Override
    public void publishJobs(List<PubsubMessage> messages) {
      queue.publishJobs(messages);
    }

    @Override
    public void close() {}
  }

  /** Fails before it publishes, or after. */
  private static final class Dying extends Wrapped {
    private final boolean publishes;

    Dying(DeadLetterQueue queue, boolean publishes) {
      super(queue);
      this.publishes = publishes;
    }

    @Override
    public void publishJobs(List<PubsubMessage> messages) {
      if (!publishes) {
        throw new QueueException("down", new IOException());
      }
      super.publishJobs(messages);
    }

    @Override
    public void acknowledge(Collection<String> ackIds) {
      throw new QueueException("killed", new IOException());
    }
  }
}
