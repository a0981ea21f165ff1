package io.promptbeam.pipeline;

import org.apache.beam.sdk.io.gcp.pubsub.PubsubIO;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubMessage;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads the jobs subscription. Without an id attribute: the same job may be dispatched again on
 * purpose, and claims make duplicates harmless.
 */
final class ReadMessages extends PTransform<PBegin, PCollection<PubsubMessage>> {
  private static final long serialVersionUID = 1L;

  private final PubsubIO.Read<PubsubMessage> read;

  ReadMessages(LlmJobOptions options) {
    PubsubIO.Read<PubsubMessage> plain =
        PubsubIO.readMessagesWithAttributes().fromSubscription(options.getJobsSubscription());
    String emulator = options.getPubsubEmulator();
    read = emulator == null ? plain : plain.withClientFactory(EmulatorClients.at(emulator));
  }

  @Override
  public PCollection<PubsubMessage> expand(PBegin begin) {
    return begin.apply("Read", read);
  }
}
