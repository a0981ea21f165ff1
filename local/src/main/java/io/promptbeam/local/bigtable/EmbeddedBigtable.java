package io.promptbeam.local.bigtable;

import com.google.cloud.bigtable.emulator.v2.Emulator;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The emulator's binary for this platform, unpacked and run as a child process on loopback, without
 * any table. All data is gone when it stops, which it does at the latest with this JVM (unless that
 * is killed outright). Thread-safe.
 */
public final class EmbeddedBigtable implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedBigtable.class);

  private final Emulator emulator;
  private final int port;
  private boolean closed;

  private EmbeddedBigtable(Emulator emulator, int port) {
    this.emulator = emulator;
    this.port = port;
  }

  /**
   * Returns when the emulator accepts connections, on a port that is free.
   *
   * @throws IOException with a message for the user: no binary for this platform, or it would not
   *     start
   */
  public static EmbeddedBigtable start() throws IOException {
    Emulator emulator = unpack();
    try {
      // The emulator registers a shutdown hook of its own for its process.
      emulator.start();
      return new EmbeddedBigtable(emulator, emulator.getPort());
    } catch (IOException | TimeoutException e) {
      stopQuietly(emulator);
      throw new IOException("the bundled Bigtable emulator did not start", e);
    } catch (InterruptedException e) {
      stopQuietly(emulator);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the Bigtable emulator was starting", e);
    }
  }

  private static Emulator unpack() throws IOException {
    try {
      return Emulator.createBundled();
    } catch (UnsupportedOperationException | IOException e) {
      throw new IOException(
          "no usable Bigtable emulator is bundled for "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch")
              + ": start one with 'gcloud beta emulators bigtable start' and set"
              + " BIGTABLE_EMULATOR_HOST",
          e);
    }
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return port;
  }

  /** As in {@code BIGTABLE_EMULATOR_HOST}. */
  public String hostAndPort() {
    return host() + ":" + port;
  }

  /** Waits until the process has ended. Does nothing the second time. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      stopQuietly(emulator);
    }
  }

  private static void stopQuietly(Emulator emulator) {
    try {
      emulator.stop();
    } catch (IllegalStateException e) {
      // It never ran, or the JVM is shutting down and the emulator's own hook ends it.
      log.debug("The Bigtable emulator was not stopped by us", e);
    }
  }
}
