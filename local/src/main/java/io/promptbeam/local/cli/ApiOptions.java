package io.promptbeam.local.cli;

import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiKeys;
import io.promptbeam.api.ApiServer;
import io.promptbeam.api.access.Principals;
import io.promptbeam.api.access.TrustedTokens;
import io.promptbeam.api.access.TrustedTokens.Signer;
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
      description = "Any but a loopback address needs keys or tokens. Default: ${DEFAULT-VALUE}.")
  private String host = "";

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description =
          "A line OWNER SHA256HEX [SCOPES] per key. Each key sees its owner's jobs only. Without"
              + " keys everyone on this machine is the owner local.")
  private Optional<Path> keys = Optional.empty();

  @Option(
      names = "--require-keys",
      description = "Take the keys that promptbeam keys create makes, and nobody without one.")
  private boolean requireKeys;

  @Option(
      names = "--id-token-audience",
      paramLabel = "URL",
      description =
          "Take ID tokens signed by Google for this audience, of the accounts in --principals.")
  private Optional<String> idTokenAudience = Optional.empty();

  @Option(
      names = "--iap-audience",
      paramLabel = "AUDIENCE",
      description =
          "Take what Identity-Aware Proxy asserts for this audience, of the accounts in"
              + " --principals.")
  private Optional<String> iapAudience = Optional.empty();

  @Option(
      names = "--principals",
      paramLabel = "FILE",
      description = "A line EMAIL OWNER SCOPES per account that tokens may let in.")
  private Optional<Path> principals = Optional.empty();

  /**
   * Finds out what is wrong before anything else is started.
   *
   * @throws CliException when the address cannot be listened on, or the keys cannot be read
   */
  ApiConfig checked() {
    if (port < 0 || port > MAX_PORT) {
      throw CliException.usage("--port must be from 0 to " + MAX_PORT);
    }
    ApiConfig config = ApiConfig.loopback(port).withHost(host).withAccess(access());
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName(host))) {
      probe.getLocalPort();
    } catch (IOException e) {
      throw inUse();
    }
    return config;
  }

  private Access access() {
    Access access = Access.LOOPBACK;
    if (keys.isPresent()) {
      access = access.withKeys(read("API keys", keys.get(), ApiKeys::read));
    }
    if (requireKeys) {
      access = access.withStoredKeys();
    }
    boolean tokens = idTokenAudience.isPresent() || iapAudience.isPresent();
    if (tokens != principals.isPresent()) {
      throw CliException.usage(
          "--principals goes with --id-token-audience or --iap-audience: tokens let in nobody whom"
              + " it does not name");
    }
    if (principals.isEmpty()) {
      return access;
    }
    Principals named = read("principals", principals.get(), Principals::read);
    if (idTokenAudience.isPresent()) {
      access = access.withTokens(trust(Signer.GOOGLE, idTokenAudience.get(), named));
    }
    return iapAudience.isPresent()
        ? access.withAssertions(trust(Signer.IAP, iapAudience.get(), named))
        : access;
  }

  private static Access.Trust trust(Signer signer, String audience, Principals named) {
    try {
      return new Access.Trust(TrustedTokens.of(signer, audience), named);
    } catch (IllegalArgumentException e) {
      throw CliException.usage(String.valueOf(e.getMessage()));
    }
  }

  @FunctionalInterface
  private interface Reader<T> {
    T read(Path file) throws IOException;
  }

  private static <T> T read(String what, Path file, Reader<T> reader) {
    try {
      return reader.read(file);
    } catch (IOException e) {
      throw CliException.usage("cannot read the " + what + " in " + file);
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
              new ApiServer(
                  config.withTracing(stack.tracing()),
                  stack.store(),
                  stack.publisher(),
                  catalog,
                  Clock.systemUTC(),
                  Optional.of(stack.deadLetters())));
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
