package io.promptbeam.local.cli;

import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiKeys;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.local.stack.Stack;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Where the HTTP service listens, and to whom. */
final class ApiOptions {
  private static final int MAX_PORT = 65_535;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "${env:PORT:-8080}",
      description = "0 takes any free one. Default: $PORT, else 8080; now ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Any but a loopback address needs --api-keys. Default: ${DEFAULT-VALUE}.")
  private String host = "";

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description =
          "A line OWNER SHA256HEX per key. Each key sees its owner's jobs only. Without keys"
              + " everyone on this machine is the owner local.")
  private Optional<Path> keys = Optional.empty();

  /**
   * Finds out what is wrong before anything else is started.
   *
   * @throws CliException when the address cannot be listened on, or the keys cannot be read
   */
  ApiConfig checked() {
    if (port < 0 || port > MAX_PORT) {
      throw CliException.usage("--port must be from 0 to " + MAX_PORT);
    }
    ApiConfig config = ApiConfig.loopback(port).withHost(host);
    if (keys.isPresent()) {
      config = config.withKeys(readKeys(keys.get()));
    }
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName(host))) {
      probe.getLocalPort();
    } catch (IOException e) {
      throw inUse();
    }
    return config;
  }

  private static ApiKeys readKeys(Path file) {
    try {
      return ApiKeys.read(file);
    } catch (IOException e) {
      throw CliException.usage("cannot read the API keys in " + file);
    } catch (IllegalArgumentException e) {
      throw CliException.usage(String.valueOf(e.getMessage()));
    }
  }

  /** Starts the service; it stops with {@code stack}. */
  ApiServer start(ApiConfig config, Stack stack, Supplier<ModelCatalog> catalog) {
    try {
      ApiServer server =
          stack.closeWithThis(
              "service",
              new ApiServer(config, stack.store(), stack.publisher(), catalog, Clock.systemUTC()));
      server.start();
      return server;
    } catch (IllegalArgumentException e) {
      throw CliException.usage(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw inUse();
    }
  }

  private CliException inUse() {
    return CliException.environment(
        "cannot listen on "
            + host
            + ":"
            + port
            + ". Is the port in use? Choose another with --port (0 takes any free one)");
  }
}
