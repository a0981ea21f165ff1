package io.promptbeam.store;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which Bigtable instance to use. {@link #parse} reads what {@code toString} writes, so that a
 * target can travel as an option of a program.
 */
public sealed interface BigtableTarget {
  String projectId();

  String instanceId();

  /** An emulator, reached without TLS or credentials. */
  record Emulator(String host, int port, String projectId, String instanceId)
      implements BigtableTarget {
    private static final Pattern TEXT = Pattern.compile("emulator://([^/]+)(?:/([^/]+)/([^/]+))?");
    private static final Pattern HOST_AND_PORT =
        Pattern.compile("([A-Za-z0-9_.-]+|\\[[0-9A-Fa-f:]+\\]):(\\d{1,5})");

    public Emulator(String host, int port) {
      this(host, port, "promptbeam-local", "local");
    }

    /** From {@code host:port}, the form of {@code BIGTABLE_EMULATOR_HOST}. */
    public static Emulator at(String hostAndPort) {
      Matcher parts = HOST_AND_PORT.matcher(hostAndPort);
      if (!parts.matches()) {
        throw new IllegalArgumentException(
            "a Bigtable emulator's address is host:port, not '" + hostAndPort + "'");
      }
      return new Emulator(parts.group(1), Integer.parseInt(parts.group(2)));
    }

    private static Optional<BigtableTarget> read(String text) {
      Matcher parts = TEXT.matcher(text);
      if (!parts.matches()) {
        return Optional.empty();
      }
      Emulator at = at(parts.group(1));
      return Optional.of(
          parts.group(2) == null
              ? at
              : new Emulator(at.host(), at.port(), parts.group(2), parts.group(3)));
    }

    @Override
    public String toString() {
      return "emulator://" + host + ":" + port + "/" + projectId + "/" + instanceId;
    }
  }

  /**
   * An instance on Google Cloud, with the credentials of the environment.
   *
   * @param appProfileId must route to a single cluster, as conditional writes need; the instance's
   *     default profile when absent
   */
  record Cloud(String projectId, String instanceId, Optional<String> appProfileId)
      implements BigtableTarget {
    private static final Pattern TEXT =
        Pattern.compile("bigtable://([^/?]+)/([^/?]+)(?:\\?app_profile=([^&]+))?");

    private static Optional<BigtableTarget> read(String text) {
      Matcher parts = TEXT.matcher(text);
      return parts.matches()
          ? Optional.of(
              new Cloud(parts.group(1), parts.group(2), Optional.ofNullable(parts.group(3))))
          : Optional.empty();
    }

    @Override
    public String toString() {
      return "bigtable://"
          + projectId
          + "/"
          + instanceId
          + appProfileId.map(id -> "?app_profile=" + id).orElse("");
    }
  }

  /**
   * Reads {@code emulator://HOST:PORT[/PROJECT/INSTANCE]} and {@code
   * bigtable://PROJECT/INSTANCE[?app_profile=ID]}.
   */
  static BigtableTarget parse(String text) {
    Optional<BigtableTarget> target = Emulator.read(text).or(() -> Cloud.read(text));
    return target.orElseThrow(
        () ->
            new IllegalArgumentException(
                "a Bigtable target is emulator://HOST:PORT[/PROJECT/INSTANCE] or"
                    + " bigtable://PROJECT/INSTANCE[?app_profile=ID], not '"
                    + text
                    + "'"));
  }
}
