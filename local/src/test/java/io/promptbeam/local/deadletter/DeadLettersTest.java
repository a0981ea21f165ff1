package io.promptbeam.local.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import io.promptbeam.local.deadletter.DeadLetters.End;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a queue may do that no emulator does on demand. */
class DeadLettersTest {
  private static final Selection ALL = new Selection(Set.of(), Optional.empty(), Integer.MAX_VALUE);

  private final FakeQueue queue = new FakeQueue();
  private final InstantSource clock = () -> Instant.ofEpochMilli(queue.nowMillis);
  private final DeadLetters letters = new DeadLetters(queue, clock, Duration.ofMinutes(5));

  private static DeadLetter letter(String messageId, String ackId) {
    return new DeadLetter(
        ackId,
        PubsubMessage.newBuilder()
            .setMessageId(messageId)
            .setData(ByteString.copyFromUtf8("payload of " + messageId))
            .build());
  }

  @Test
  void everythingIsHeld_whileItLooks_andGivenBackAtTheEnd() {
    for (int i = 0; i < 12; i++) {
      queue.answers.add(List.of(letter("m" + i, "a" + i)));
    }

    assertThat(letters.look(ALL, shown -> {})).isEqualTo(End.SEEN_ALL);

    assertThat(queue.lapsed).isEmpty();
    assertThat(queue.released).hasSize(12);
    assertThat(queue.acknowledged).isEmpty();
  }

  @Test
  void look_ends_whenTimeIsUp_thoughMoreKeepsComing() {
    queue.endless = true;
    List<String> seen = new ArrayList<>();

    assertThat(letters.look(ALL, shown -> seen.add(shown.messageId()))).isEqualTo(End.OUT_OF_TIME);

    assertThat(queue.nowMillis).isEqualTo(300_000);
    assertThat(queue.released).hasSameSizeAs(seen).isNotEmpty();
  }

  @Test
  void repeatedDeliveries_areShownOnce_andDoNotGoOnForEver() {
    for (int i = 0; i < 50; i++) {
      queue.answers.add(List.of(letter("m", "a" + i)));
    }
    List<DeadLetter> seen = new ArrayList<>();

    assertThat(letters.look(ALL, seen::add)).isEqualTo(End.SEEN_ALL);

    assertThat(seen).hasSize(1);
    assertThat(queue.released).containsExactlyInAnyOrder("a0", "a1", "a2");
  }

  @Test
  void oneEmptyAnswer_isNotTheEnd() {
    queue.answers.add(List.of());
    queue.answers.add(List.of(letter("m", "a")));
    List<DeadLetter> seen = new ArrayList<>();

    letters.look(ALL, seen::add);

    assertThat(seen).hasSize(1);
  }

  @Test
  void replayedLetter_isNotReplayedAgain_whenItsAcknowledgementWasLost() {
    queue.answers.add(List.of(letter("m", "a1")));
    queue.answers.add(List.of(letter("m", "a2")));
    ReplayTally tally = new ReplayTally();

    letters.replay(ALL, tally);

    assertThat(tally.replayed()).isEqualTo(1);
    assertThat(queue.published).hasSize(1);
    assertThat(queue.acknowledged).containsExactly("a1", "a2");
    assertThat(queue.released).isEmpty();
  }

  @Test
  void lettersWithOnePayload_areAllReplayed_whenTheyCameTogether() {
    PubsubMessage message = letter("m1", "a1").message();
    queue.answers.add(
        List.of(
            new DeadLetter("a1", message),
            new DeadLetter("a2", message.toBuilder().setMessageId("m2").build())));
    ReplayTally tally = new ReplayTally();

    letters.replay(ALL, tally);

    assertThat(tally.replayed()).isEqualTo(2);
    assertThat(tally.copies()).isZero();
  }

  @Test
  void lettersWithOnePayload_areAllReplayed_whenTheyWereNamed() {
    PubsubMessage message = letter("m1", "a1").message();
    queue.answers.add(List.of(new DeadLetter("a1", message)));
    queue.answers.add(
        List.of(new DeadLetter("a2", message.toBuilder().setMessageId("m2").build())));
    ReplayTally tally = new ReplayTally();

    letters.replay(new Selection(Set.of("m1", "m2"), Optional.empty(), 10), tally);

    assertThat(tally.replayed()).isEqualTo(2);
    assertThat(tally.copies()).isZero();
  }

  @Test
  void whatWasHeld_isGivenBack_whenTheQueueFails() {
    queue.answers.add(List.of(letter("m", "a")));
    queue.failsWhenEmpty = true;

    assertThatThrownBy(() -> letters.look(ALL, shown -> {})).isInstanceOf(QueueException.class);

    assertThat(queue.released).containsExactly("a");
  }

  /** Every pull takes ten seconds; what is not held for longer than it may be, lapses. */
  private static final class FakeQueue implements DeadLetterQueue {
    private final Deque<List<DeadLetter>> answers = new ArrayDeque<>();
    private final Map<String, Long> heldUntilMillis = new HashMap<>();
    private final Set<String> lapsed = new HashSet<>();
    private final List<String> released = new ArrayList<>();
    private final List<String> acknowledged = new ArrayList<>();
    private final List<PubsubMessage> published = new ArrayList<>();
    private boolean endless;
    private boolean failsWhenEmpty;
    private long nowMillis;

    @Override
    public List<DeadLetter> pull(int maxMessages) {
      nowMillis += 10_000;
      heldUntilMillis.forEach(
          (ackId, until) -> {
            if (until <= nowMillis) {
              lapsed.add(ackId);
            }
          });
      if (endless) {
        return List.of(letter("m" + nowMillis, "a" + nowMillis));
      }
      if (answers.isEmpty() && failsWhenEmpty) {
        throw new QueueException("down", new IOException());
      }
      return answers.isEmpty() ? List.of() : answers.removeFirst();
    }

    @Override
    public void hold(Collection<String> ackIds, Duration time) {
      ackIds.forEach(ackId -> heldUntilMillis.put(ackId, nowMillis + time.toMillis()));
    }

    @Override
    public void release(Collection<String> ackIds) {
      released.addAll(ackIds);
    }

    @Override
    public void acknowledge(Collection<String> ackIds) {
      acknowledged.addAll(ackIds);
    }

    @Override
    public void publishJobs(List<PubsubMessage> messages) {
      published.addAll(messages);
    }

    @Override
    public void close() {}
  }
}
