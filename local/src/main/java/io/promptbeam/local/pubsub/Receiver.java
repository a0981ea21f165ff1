package io.promptbeam.local.pubsub;

import com.google.pubsub.v1.ReceivedMessage;
import io.grpc.Status;
import java.util.List;

/**
 * Someone who takes messages from a {@link MessageQueue}, which calls it under its lock: no method
 * may block.
 */
interface Receiver {
  /** How many messages it takes at this moment; 0 for none. */
  int messageDemand();

  /** How many bytes it takes; one message may exceed it if it is alone. */
  long byteDemand();

  int ackDeadlineSeconds();

  void receive(List<ReceivedMessage> batch);

  /** One message it received was acknowledged, returned or expired. */
  void settled(int bytes);

  /** No more will come. */
  void fail(Status status);
}
