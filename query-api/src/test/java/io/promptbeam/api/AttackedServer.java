package io.promptbeam.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import java.io.IOException;
import java.net.Socket;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;

/** A server with all its routes, over an emulated Bigtable, and sockets to attack it with. */
final class AttackedServer implements AutoCloseable {
  final HttpProbe http;
  final ApiServer server;
  private final Emulator emulator;
  private final BigtableJobStore store;

  AttackedServer(ApiLimits limits) throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    var target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
    server =
        new ApiServer(
            ApiConfig.loopback(0).withLimits(limits),
            store,
            JobPublisher.NONE,
            TestStack.catalog(),
            Clock.systemUTC());
    server.start();
    http = new HttpProbe(server.uri());
  }

  /** One that the caller closes. */
  Socket connect() throws IOException {
    Socket socket = new Socket(server.uri().getHost(), server.port());
    socket.setSoTimeout(15_000);
    socket.setTcpNoDelay(true);
    return socket;
  }

  /** All that comes until the server closes, whether in good order or not. */
  String raw(String bytes) throws IOException {
    try (Socket socket = connect()) {
      // While it is written: a server that has heard enough answers and closes in between.
      CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> all(socket));
      try {
        socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
      } catch (IOException e) {
        // Closed, or reset.
      }
      return answer.join();
    }
  }

  private static String all(Socket socket) {
    StringBuilder all = new StringBuilder();
    byte[] piece = new byte[8_192];
    try {
      for (int n = socket.getInputStream().read(piece);
          n >= 0;
          n = socket.getInputStream().read(piece)) {
        all.append(new String(piece, 0, n, ISO_8859_1));
      }
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("the server neither answers nor closes: " + all, e);
    } catch (IOException e) {
      // Reset by the server.
    }
    return all.toString();
  }

  @Override
  public void close() throws IOException {
    server.close();
    store.close();
    emulator.stop();
  }
}
