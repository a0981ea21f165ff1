package io.promptbeam.catalog;

/** Where {@code sm://} secrets are. Thread-safe. */
@FunctionalInterface
interface SecretVault {
  /**
   * Reads one. Blocks on the network.
   *
   * @throws SecretUnavailableException when it cannot be had
   */
  byte[] read(SecretReference.SecretManager reference);
}
