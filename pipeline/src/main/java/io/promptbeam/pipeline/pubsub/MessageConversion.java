package io.promptbeam.pipeline.pubsub;

import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient.IncomingMessage;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient.OutgoingMessage;
import org.jspecify.annotations.Nullable;

/**
 * Between Beam's messages and Pub/Sub's, as Beam's own clients do it.
 *
 * @param timestampAttribute carries the element's timestamp; null for the publish time
 * @param idAttribute carries the id duplicates are known by; null for the message id
 */
record MessageConversion(@Nullable String timestampAttribute, @Nullable String idAttribute) {
  /** Reads a timestamp attribute; Beam's parser is visible to clients only. */
  interface TimestampReader {
    long millisSinceEpoch(String attribute, PubsubMessage message);
  }

  PubsubMessage toPubsub(OutgoingMessage outgoing) {
    PubsubMessage.Builder message =
        outgoing.getMessage().toBuilder().clearMessageId().clearPublishTime();
    if (timestampAttribute != null) {
      message.putAttributes(timestampAttribute, Long.toString(outgoing.getTimestampMsSinceEpoch()));
    }
    String recordId = outgoing.recordId();
    if (idAttribute != null && recordId != null && !recordId.isEmpty()) {
      message.putAttributes(idAttribute, recordId);
    }
    return message.build();
  }

  IncomingMessage toBeam(ReceivedMessage received, long requestMillis, TimestampReader reader) {
    PubsubMessage message = received.getMessage();
    long timestampMillis =
        timestampAttribute == null || timestampAttribute.isEmpty()
            ? Timestamps.toMillis(message.getPublishTime())
            : reader.millisSinceEpoch(timestampAttribute, message);
    return IncomingMessage.of(
        message, timestampMillis, requestMillis, received.getAckId(), recordId(message));
  }

  private String recordId(PubsubMessage message) {
    String id = idAttribute == null ? "" : message.getAttributesOrDefault(idAttribute, "");
    return id.isEmpty() ? message.getMessageId() : id;
  }
}
