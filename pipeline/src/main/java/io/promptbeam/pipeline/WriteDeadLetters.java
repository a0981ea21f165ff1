package io.promptbeam.pipeline;

import org.apache.beam.sdk.io.gcp.pubsub.PubsubIO;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubMessage;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;

/** Publishes rejects, where an operator can look at them. */
final class WriteDeadLetters extends PTransform<PCollection<PubsubMessage>, PDone> {
  private static final long serialVersionUID = 1L;

  private final PubsubIO.Write<PubsubMessage> write;

  WriteDeadLetters(LlmJobOptions options) {
    PubsubIO.Write<PubsubMessage> plain = PubsubIO.writeMessages().to(options.getDeadLetterTopic());
    String emulator = options.getPubsubEmulator();
    write = emulator == null ? plain : plain.withClientFactory(EmulatorClients.at(emulator));
  }

  @Override
  public PDone expand(PCollection<PubsubMessage> rejects) {
    return rejects.apply("Write", write);
  }
}
