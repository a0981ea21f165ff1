package io.promptbeam.local.deadletter;

import com.google.pubsub.v1.PubsubMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * The dead-letter subscription, and the topic that messages go back to. Delivers at least once and
 * in any order; a message that was pulled and neither acknowledged nor released comes again when
 * its ack deadline has passed. Blocks; every method fails with {@link QueueException}.
 */
public interface DeadLetterQueue extends AutoCloseable {
  /**
   * Waits for some seconds at most; empty when nothing came, which does not prove that nothing is
   * there.
   */
  List<DeadLetter> pull(int maxMessages);

  /** Nobody else gets these for so long, from now on. */
  void hold(Collection<String> ackIds, Duration time);

  /** Lets anybody have these at once. */
  void release(Collection<String> ackIds);

  /** Removes these for good. */
  void acknowledge(Collection<String> ackIds);

  /** Returns when the jobs topic has all of them. After a failure it may have any of them. */
  void publishJobs(List<PubsubMessage> messages);

  @Override
  void close();
}
