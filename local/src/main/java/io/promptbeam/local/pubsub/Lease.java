package io.promptbeam.local.pubsub;

import com.google.pubsub.v1.PubsubMessage;
import org.jspecify.annotations.Nullable;

/** One delivery of a message that was not acknowledged yet. Guarded by its queue. */
final class Lease {
  private final long ackId;
  private final Receiver receiver;
  private final int bytes;
  private @Nullable PubsubMessage message;
  private long deadlineMillis;

  Lease(long ackId, PubsubMessage message, Receiver receiver, long deadlineMillis) {
    this.ackId = ackId;
    this.message = message;
    this.bytes = message.getSerializedSize();
    this.receiver = receiver;
    this.deadlineMillis = deadlineMillis;
  }

  long ackId() {
    return ackId;
  }

  Receiver receiver() {
    return receiver;
  }

  int bytes() {
    return bytes;
  }

  long deadlineMillis() {
    return deadlineMillis;
  }

  void extendTo(long newDeadlineMillis) {
    deadlineMillis = newDeadlineMillis;
  }

  /**
   * Hands the message back and lets go of it, since {@link LeaseDeadlines} may refer to an ended
   * lease until its deadline. Empty when the lease has ended before.
   */
  @Nullable PubsubMessage end() {
    PubsubMessage ended = message;
    message = null;
    return ended;
  }

  boolean hasEnded() {
    return message == null;
  }
}
