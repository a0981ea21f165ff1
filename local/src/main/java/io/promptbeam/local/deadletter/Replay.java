package io.promptbeam.local.deadletter;

import com.google.protobuf.ByteString;
import io.promptbeam.job.Sha256;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** One replay's sending, in requests that Pub/Sub takes. */
final class Replay {
  private static final int REQUEST_MESSAGES = 100;

  /** The service takes 10 MB; one message may have nearly as much. */
  private static final long REQUEST_BYTES = 5_000_000;

  private final DeadLetterQueue queue;
  private final Selection selection;
  private final ReplayTally tally;
  private final Set<ByteString> sentPayloads = new HashSet<>();

  Replay(DeadLetterQueue queue, Selection selection, ReplayTally tally) {
    this.queue = queue;
    this.selection = selection;
    this.tally = tally;
  }

  /**
   * Sends those of {@code fresh} that are selected.
   *
   * @param removed told of letters that are not in the subscription any more
   */
  void send(List<DeadLetter> fresh, Consumer<List<DeadLetter>> removed) {
    int room = selection.limit() - tally.replayed();
    // Among letters that came together none can be a copy that this replay caused.
    Set<ByteString> sending = new HashSet<>();
    List<DeadLetter> request = new ArrayList<>();
    long bytes = 0;
    for (DeadLetter letter : fresh) {
      if (!selection.includes(letter) || room == 0) {
        continue;
      }
      ByteString digest = digest(letter);
      // One that was named is meant: what comes back has another id.
      if (selection.messageIds().isEmpty() && sentPayloads.contains(digest)) {
        tally.addCopy();
        continue;
      }
      if (letter.truncatedFromBytes().isPresent()) {
        tally.addTruncated(letter);
        continue;
      }
      room--;
      sending.add(digest);
      if (request.size() == REQUEST_MESSAGES || bytes + letter.payload().size() > REQUEST_BYTES) {
        send(request);
        removed.accept(request);
        request = new ArrayList<>();
        bytes = 0;
      }
      request.add(letter);
      bytes += letter.payload().size();
    }
    send(request);
    removed.accept(request);
    sentPayloads.addAll(sending);
  }

  private void send(List<DeadLetter> letters) {
    if (letters.isEmpty()) {
      return;
    }
    queue.publishJobs(letters.stream().map(DeadLetter::original).toList());
    // Only now: had it been before, a crash would have lost them.
    queue.acknowledge(letters.stream().map(DeadLetter::ackId).toList());
    tally.addReplayed(letters);
  }

  private static ByteString digest(DeadLetter letter) {
    MessageDigest sha256 = Sha256.digest();
    sha256.update(letter.payload().asReadOnlyByteBuffer());
    return ByteString.copyFrom(sha256.digest());
  }
}
