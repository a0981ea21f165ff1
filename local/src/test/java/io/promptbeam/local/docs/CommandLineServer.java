package io.promptbeam.local.docs;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.promptbeam.local.cli.Console;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Runs {@code promptbeam} in this process for scripts that believe to start it, since a JVM of its
 * own takes each a second. What keeps running is left to the real program.
 */
final class CommandLineServer implements AutoCloseable {
  private static final Set<String> FILE_OPTIONS = Set.of("--out", "-o");

  private final HttpServer server;

  private CommandLineServer(HttpServer server) {
    this.server = server;
  }

  static CommandLineServer start() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", CommandLineServer::run);
    server.start();
    return new CommandLineServer(server);
  }

  /** A program that hands its arguments and its environment over, or starts {@code real}. */
  void installAt(Path file, Path real) throws IOException {
    Files.writeString(
        file,
        """
        #!/bin/sh
        case ${1:-} in
          up | api | pipeline) exec '%s' "$@" ;;
        esac
        [ "${REAL_PROGRAM:-}" != yes ] || exec '%s' "$@"
        call=$(mktemp -d "$CALLS/call.XXXXXX") || exit 99
        printf '%%s\\0' "$PWD" "$@" >"$call/words"
        env -0 >"$call/environment"
        status=$(curl -sS --max-time 100 --data-binary "$call" http://127.0.0.1:%d/) || exit 99
        cat "$call/out"
        cat "$call/err" >&2
        exit "$status"
        """
            .formatted(real, real, server.getAddress().getPort()));
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("cannot make executable " + file);
    }
  }

  private static void run(HttpExchange exchange) throws IOException {
    try (exchange) {
      Path call = Path.of(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
      List<String> words = split(call.resolve("words"));
      Path directory = Path.of(words.get(0));
      Map<String, String> environment = new HashMap<>();
      for (String variable : split(call.resolve("environment"))) {
        int equals = variable.indexOf('=');
        environment.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
      Console console = new Console(environment);
      String[] arguments =
          IntStream.range(1, words.size())
              .mapToObj(i -> argument(directory, words, i))
              .toArray(String[]::new);
      int status = console.run(arguments);
      Files.writeString(call.resolve("out"), console.out());
      Files.writeString(call.resolve("err"), console.err());
      byte[] answer = String.valueOf(status).getBytes(UTF_8);
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private static List<String> split(Path file) throws IOException {
    String text = Files.readString(file);
    return List.of(text.substring(0, text.length() - 1).split("\0", -1));
  }

  /** Files are named as seen from the script's directory, which is not this process's. */
  private static String argument(Path directory, List<String> words, int index) {
    String word = words.get(index);
    boolean file =
        FILE_OPTIONS.contains(words.get(index - 1))
            || (word.matches("[\\w./-]+\\.\\w+") && Files.isRegularFile(directory.resolve(word)));
    return file ? directory.resolve(word).toString() : word;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
