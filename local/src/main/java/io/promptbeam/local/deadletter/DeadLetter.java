package io.promptbeam.local.deadletter;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import io.promptbeam.message.DeadLetterAttributes;
import java.time.Instant;
import java.util.Optional;

/**
 * One delivery of a message that the pipeline could not decode.
 *
 * @param ackId of this delivery
 * @param message as it was delivered; its payload may hold a prompt
 */
public record DeadLetter(String ackId, PubsubMessage message) {
  static DeadLetter of(ReceivedMessage received) {
    return new DeadLetter(received.getAckId(), received.getMessage());
  }

  public String messageId() {
    return message.getMessageId();
  }

  public Instant publishedAt() {
    var time = message.getPublishTime();
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }

  /** The code of the reason; empty when the message is not one of the pipeline's. */
  public String reason() {
    return message.getAttributesOrDefault(DeadLetterAttributes.REASON, "");
  }

  public Optional<String> detail() {
    return attribute(DeadLetterAttributes.DETAIL);
  }

  public Optional<String> field() {
    return attribute(DeadLetterAttributes.FIELD);
  }

  /** How many bytes the payload had, when it lost its end. */
  public Optional<String> truncatedFromBytes() {
    return attribute(DeadLetterAttributes.TRUNCATED_FROM_BYTES);
  }

  public ByteString payload() {
    return message.getData();
  }

  /** What was on the jobs topic before. */
  PubsubMessage original() {
    PubsubMessage.Builder original = PubsubMessage.newBuilder().setData(message.getData());
    message
        .getAttributesMap()
        .forEach(
            (name, value) -> {
              if (!name.startsWith(DeadLetterAttributes.PREFIX)) {
                original.putAttributes(name, value);
              }
            });
    return original.build();
  }

  private Optional<String> attribute(String name) {
    return Optional.ofNullable(message.getAttributesMap().get(name));
  }
}
