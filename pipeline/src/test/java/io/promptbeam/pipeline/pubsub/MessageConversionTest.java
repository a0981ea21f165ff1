package io.promptbeam.pipeline.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient.IncomingMessage;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient.OutgoingMessage;
import org.junit.jupiter.api.Test;

class MessageConversionTest {
  private static final MessageConversion.TimestampReader READER =
      (attribute, message) -> Long.parseLong(message.getAttributesOrThrow(attribute));

  @Test
  void timestampAndId_travelAsAttributes_whenNamed() {
    MessageConversion conversion = new MessageConversion("at", "id");
    PubsubMessage body =
        PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8("x")).setMessageId("7").build();

    PubsubMessage sent = conversion.toPubsub(OutgoingMessage.of(body, 1234, "r1", null));

    assertThat(sent.getAttributesMap()).containsEntry("at", "1234").containsEntry("id", "r1");
    assertThat(sent.getMessageId()).isEmpty();
    IncomingMessage received = conversion.toBeam(received(sent), 99, READER);
    assertThat(received.timestampMsSinceEpoch()).isEqualTo(1234);
    assertThat(received.recordId()).isEqualTo("r1");
    assertThat(received.requestTimeMsSinceEpoch()).isEqualTo(99);
    assertThat(received.ackId()).isEqualTo("ack");
  }

  @Test
  void publishTimeAndMessageId_stand_whenNoAttributeIsNamed() {
    PubsubMessage message =
        PubsubMessage.newBuilder()
            .setMessageId("7")
            .setPublishTime(Timestamps.fromMillis(5678))
            .build();

    IncomingMessage received =
        new MessageConversion(null, null).toBeam(received(message), 99, READER);

    assertThat(received.timestampMsSinceEpoch()).isEqualTo(5678);
    assertThat(received.recordId()).isEqualTo("7");
  }

  private static ReceivedMessage received(PubsubMessage message) {
    return ReceivedMessage.newBuilder().setAckId("ack").setMessage(message).build();
  }
}
