package io.promptbeam.local;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Google's emulator from the Cloud SDK, as one process of ours. The {@code gcloud} command would
 * put a Python and a shell process in front of it, so the jar it wraps is started directly.
 */
public final class GooglePubsubEmulator implements AutoCloseable {
  private final Process process;
  private final Thread killer;
  private final int port;

  private GooglePubsubEmulator(Process process, int port) {
    this.process = process;
    this.port = port;
    this.killer = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(killer);
  }

  /** Aborts the running test, with the reason printed, where the emulator is not installed. */
  public static GooglePubsubEmulator startOrSkip() throws IOException {
    Optional<Path> jar = findJar();
    if (jar.isEmpty()) {
      String reason =
          "skipped: Google's Pub/Sub emulator is not installed"
              + " (gcloud components install pubsub-emulator)";
      System.out.println(reason);
      abort(reason);
    }
    int port = freePort();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-jar",
                jar.orElseThrow().toString(),
                "--host=127.0.0.1",
                "--port=" + port)
            .redirectErrorStream(true)
            .start();
    GooglePubsubEmulator emulator = new GooglePubsubEmulator(process, port);
    emulator.awaitStart();
    return emulator;
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return port;
  }

  private void awaitStart() throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = output.readLine();
    while (line != null && !line.contains("Server started")) {
      line = output.readLine();
    }
    if (line == null) {
      close();
      throw new IOException("Google's Pub/Sub emulator ended before it was ready");
    }
    Thread drain = new Thread(() -> drain(output), "pubsub-emulator-output");
    drain.setDaemon(true);
    drain.start();
  }

  /** A full pipe would stop the emulator. */
  private static void drain(BufferedReader output) {
    try (output) {
      var unused = output.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // The process has ended.
    }
  }

  /** Next to the {@code gcloud} of the search path, or under {@code CLOUDSDK_ROOT_DIR}. */
  private static Optional<Path> findJar() throws IOException {
    Optional<Path> sdk =
        Optional.ofNullable(System.getenv("CLOUDSDK_ROOT_DIR")).map(Path::of).or(() -> sdkOnPath());
    if (sdk.isEmpty()) {
      return Optional.empty();
    }
    Path lib = sdk.get().resolve("platform/pubsub-emulator/lib");
    if (!Files.isDirectory(lib)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(lib)) {
      return files.filter(file -> file.toString().endsWith("-all.jar")).findFirst();
    }
  }

  private static Optional<Path> sdkOnPath() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return List.of(path.split(File.pathSeparator)).stream()
        .map(directory -> Path.of(directory, "gcloud"))
        .filter(Files::isExecutable)
        .findFirst()
        .map(GooglePubsubEmulator::resolveLinks)
        .map(Path::getParent)
        .map(Path::getParent);
  }

  private static Path resolveLinks(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(killer);
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
