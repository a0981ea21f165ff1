package io.promptbeam.message;

import java.io.Serializable;
import java.util.Optional;

/** Which Pub/Sub to talk to, and in which project. */
public sealed interface PubsubTarget extends Serializable {
  /** Project of an embedded or emulated Pub/Sub when none is given. */
  String DEFAULT_LOCAL_PROJECT = "promptbeam-local";

  String projectId();

  /** An emulator or the embedded server: plaintext, without credentials. */
  record Emulator(String host, int port, String projectId) implements PubsubTarget {
    public Emulator {
      if (host.isBlank() || port < 1 || port > 65_535) {
        throw new IllegalArgumentException(
            "a Pub/Sub emulator's address is host:port, not '" + host + ":" + port + "'");
      }
      requireProjectId(projectId);
    }

    /**
     * Reads an address as people write it.
     *
     * @param hostAndPort as in {@code PUBSUB_EMULATOR_HOST}: {@code 127.0.0.1:8085} or {@code
     *     [::1]:8085}
     * @throws IllegalArgumentException if it is not that
     */
    public static Emulator parse(String hostAndPort, String projectId) {
      int colon = hostAndPort.lastIndexOf(':');
      Optional<Integer> port =
          colon > 0 ? parsePort(hostAndPort.substring(colon + 1)) : Optional.empty();
      if (port.isEmpty()) {
        throw new IllegalArgumentException(
            "a Pub/Sub emulator's address is host:port, not '" + hostAndPort + "'");
      }
      return new Emulator(hostAndPort.substring(0, colon), port.get(), projectId);
    }

    public String hostAndPort() {
      return host + ":" + port;
    }

    private static Optional<Integer> parsePort(String text) {
      return text.matches("[0-9]{1,5}") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }
  }

  /** The real service, with the process's own credentials. */
  record Cloud(String projectId) implements PubsubTarget {
    public Cloud {
      requireProjectId(projectId);
    }
  }

  private static void requireProjectId(String projectId) {
    if (projectId.length() < 6) {
      throw new IllegalArgumentException(
          "a project id has at least 6 characters, not '" + projectId + "'");
    }
  }
}
