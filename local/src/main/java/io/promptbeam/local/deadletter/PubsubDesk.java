package io.promptbeam.local.deadletter;

import com.google.protobuf.ByteString;
import io.promptbeam.api.deadletters.DeadLetterDesk;
import io.promptbeam.api.deadletters.DeskUnavailableException;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The dead-letter subscription, for the HTTP service. Connects when it is first asked. */
public final class PubsubDesk implements DeadLetterDesk, AutoCloseable {
  /** Somebody waits for the answer, and the end of the queue takes two empty pulls. */
  private static final Duration CLOUD_PULL_WAIT = Duration.ofMillis(1_500);

  private static final Duration EMULATOR_PULL_WAIT = Duration.ofMillis(400);

  /** A character has so many bytes at most. */
  private static final int MAX_UTF8_BYTES = 4;

  private static final Comparator<Letter> NEWEST_FIRST =
      Comparator.comparing(Letter::publishedAt).reversed().thenComparing(Letter::id);

  private final PubsubTarget target;
  private final PubsubNames names;
  private Optional<PubsubDeadLetters> opened = Optional.empty();

  public PubsubDesk(PubsubTarget target, PubsubNames names) {
    this.target = target;
    this.names = names;
  }

  private synchronized PubsubDeadLetters queue() {
    if (opened.isEmpty()) {
      Duration wait =
          target instanceof PubsubTarget.Emulator ? EMULATOR_PULL_WAIT : CLOUD_PULL_WAIT;
      try {
        opened = Optional.of(PubsubDeadLetters.open(target, names, wait));
      } catch (IOException e) {
        throw new DeskUnavailableException("there are no credentials for Pub/Sub", e);
      }
    }
    return opened.get();
  }

  private <T> T at(Duration patience, Function<DeadLetters, T> work) {
    try {
      return work.apply(new DeadLetters(queue(), InstantSource.system(), patience));
    } catch (QueueException e) {
      throw new DeskUnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Newest first, of those that came first. */
  @Override
  public Look look(int limit, Duration patience) {
    // One more, to know whether there are more.
    Selection selection = new Selection(Set.of(), Optional.empty(), limit + 1);
    List<Letter> seen = new ArrayList<>();
    DeadLetters.End end =
        at(patience, letters -> letters.look(selection, letter -> seen.add(shown(letter))));
    boolean more = seen.size() > limit || end == DeadLetters.End.OUT_OF_TIME;
    List<Letter> shown =
        seen.subList(0, Math.min(limit, seen.size())).stream().sorted(NEWEST_FIRST).toList();
    return new Look(shown, more);
  }

  @Override
  public Outcome replay(Set<String> ids, Duration patience) {
    ReplayTally tally = new ReplayTally();
    var unused = at(patience, letters -> letters.replay(named(ids), tally));
    Set<String> truncated = Set.copyOf(tally.truncated());
    Set<String> done = new HashSet<>(ids);
    done.removeIf(id -> !tally.found(id) || truncated.contains(id));
    return new Outcome(done, truncated);
  }

  @Override
  public Outcome discard(Set<String> ids, Duration patience) {
    Set<String> gone = new HashSet<>();
    var unused =
        at(
            patience,
            letters -> letters.discard(named(ids), letter -> gone.add(letter.messageId())));
    return new Outcome(gone, Set.of());
  }

  private static Selection named(Set<String> ids) {
    return new Selection(ids, Optional.empty(), Integer.MAX_VALUE);
  }

  private static Letter shown(DeadLetter letter) {
    String message = letter.detail().orElse("");
    return new Letter(
        letter.messageId(),
        letter.reason(),
        letter
            .truncatedFromBytes()
            .map(bytes -> message + " Cut from " + bytes + " bytes, it cannot be replayed.")
            .orElse(message)
            .strip(),
        letter.publishedAt(),
        beginning(letter.payload()),
        letter.payload().size());
  }

  static String beginning(ByteString payload) {
    int bytes = Math.min(payload.size(), MAX_PAYLOAD_CHARS * MAX_UTF8_BYTES);
    String text = payload.substring(0, bytes).toStringUtf8();
    if (text.length() <= MAX_PAYLOAD_CHARS) {
      return text;
    }
    boolean inACharacter = Character.isHighSurrogate(text.charAt(MAX_PAYLOAD_CHARS - 1));
    return text.substring(0, inACharacter ? MAX_PAYLOAD_CHARS - 1 : MAX_PAYLOAD_CHARS);
  }

  @Override
  public synchronized void close() {
    opened.ifPresent(PubsubDeadLetters::close);
  }
}
