package io.promptbeam.pipeline;

import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.pubsub.PlaintextPubsubClientFactory;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient;

/** Beam's Pub/Sub clients for an emulator named in the options. */
final class EmulatorClients {
  private EmulatorClients() {}

  /**
   * Clients of one emulator.
   *
   * @param hostAndPort as in {@link LlmJobOptions#getPubsubEmulator}
   */
  static PubsubClient.PubsubClientFactory at(String hostAndPort) {
    var emulator = PubsubTarget.Emulator.parse(hostAndPort, PubsubTarget.DEFAULT_LOCAL_PROJECT);
    return new PlaintextPubsubClientFactory(emulator.host(), emulator.port());
  }
}
