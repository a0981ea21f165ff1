package io.promptbeam.local.contract;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;

/** Messages that the pipeline cannot read. */
public final class Spoiled {
  private Spoiled() {}

  public static void publish(Stack stack, int messages) {
    if (!(stack.queueTarget() instanceof PubsubTarget.Emulator queue)) {
      throw new IllegalArgumentException("not an embedded queue");
    }
    ManagedChannel channel =
        ManagedChannelBuilder.forTarget(queue.hostAndPort()).usePlaintext().build();
    try {
      PublishRequest.Builder request =
          PublishRequest.newBuilder()
              .setTopic(
                  PubsubNames.topicPath(
                      PubsubTarget.DEFAULT_LOCAL_PROJECT, PubsubNames.DEFAULT.jobsTopic()));
      for (int i = 0; i < messages; i++) {
        request.addMessages(
            PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8("not a job " + i)));
      }
      var unused = PublisherGrpc.newBlockingStub(channel).publish(request.build());
    } finally {
      channel.shutdownNow();
    }
  }
}
