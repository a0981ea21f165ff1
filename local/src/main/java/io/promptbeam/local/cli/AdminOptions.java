package io.promptbeam.local.cli;

import io.promptbeam.local.admin.AdminServer;
import io.promptbeam.local.admin.Readings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where machines that watch this process ask. */
final class AdminOptions {
  private static final int MAX_PORT = 65_535;

  @Option(
      names = "--admin-port",
      paramLabel = "PORT",
      description =
          "Serve /metrics (for Prometheus), /livez and /readyz there, without keys; 0 takes any"
              + " free one. Default: not at all.")
  private Optional<Integer> port = Optional.empty();

  @Option(
      names = "--admin-host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Whoever reaches it sees figures by model and route, and nothing of owners or jobs."
              + " Default: ${DEFAULT-VALUE}.")
  private String host = "";

  /**
   * Finds out whether it can listen, before anything else is started.
   *
   * @throws CliException when the address cannot be listened on
   */
  void check() {
    if (port.isEmpty()) {
      return;
    }
    if (port.get() < 0 || port.get() > MAX_PORT) {
      throw CliException.usage("--admin-port must be from 0 to " + MAX_PORT);
    }
    try (ServerSocket probe = new ServerSocket(port.get(), 1, InetAddress.getByName(host))) {
      probe.getLocalPort();
    } catch (IOException e) {
      throw inUse();
    }
  }

  /**
   * Listens, if that was asked for, and says where.
   *
   * @throws CliException when the address cannot be listened on
   */
  AdminPort open(Terminal terminal) {
    if (port.isEmpty()) {
      return new AdminPort(Optional.empty());
    }
    try {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), port.get());
      AdminServer server = AdminServer.start(address, new Readings(Main.versionNumber()));
      terminal.err().println("Metrics: " + server.uri() + "/metrics");
      return new AdminPort(Optional.of(server));
    } catch (IOException e) {
      throw inUse();
    }
  }

  private CliException inUse() {
    return CliException.environment(
        "cannot listen on "
            + host
            + ":"
            + port.orElse(0)
            + ". Is the port in use? Choose another with --admin-port (0 takes any free one)");
  }
}
