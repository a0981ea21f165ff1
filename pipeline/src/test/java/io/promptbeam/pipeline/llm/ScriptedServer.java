package io.promptbeam.pipeline.llm;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server on a raw socket that does with each request exactly what a test says, however wrong. One
 * thread per connection.
 */
final class ScriptedServer implements Closeable {
  /** Answers one request on its connection. */
  interface Script {
    /** Returns whether the connection goes on. */
    boolean answer(Request request, Socket connection) throws IOException, InterruptedException;
  }

  /** A request as it came. */
  record Request(String head, String body) {
    String line() {
      return head.lines().findFirst().orElse("");
    }
  }

  private final ServerSocket listener;
  private final Script script;
  final List<Request> requests = new CopyOnWriteArrayList<>();
  final AtomicInteger connections = new AtomicInteger();

  /** Opens when a client closed its connection, or the script let go of it. */
  final CountDownLatch closedConnection = new CountDownLatch(1);

  private final List<Socket> open = new CopyOnWriteArrayList<>();

  ScriptedServer(Script script) throws IOException {
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.script = script;
    daemon(this::accept);
  }

  /** Sends {@code response} to every request and keeps the connection. */
  static ScriptedServer always(String response) throws IOException {
    return new ScriptedServer(
        (request, connection) -> {
          send(connection, response);
          return true;
        });
  }

  static String response(int status, String headers, String body) {
    return "HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s"
        .formatted(status, headers, body.getBytes(StandardCharsets.UTF_8).length, body);
  }

  static void send(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    connection.getOutputStream().flush();
  }

  URI baseUrl() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/v1");
  }

  private static void daemon(Runnable task) {
    var thread = new Thread(task, "scripted-server");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = listener.accept();
        connections.incrementAndGet();
        open.add(connection);
        daemon(() -> serve(connection));
      }
    } catch (IOException e) {
      closedConnection.countDown();
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      boolean goesOn = true;
      while (goesOn) {
        Request request = read(connection.getInputStream());
        requests.add(request);
        goesOn = script.answer(request, connection);
      }
    } catch (IOException | InterruptedException e) {
      // The client went away, which is what some tests wait for.
    } finally {
      closedConnection.countDown();
    }
  }

  private static Request read(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("closed");
      }
      head.write(next);
    }
    String text = head.toString(StandardCharsets.UTF_8);
    int length =
        text.lines()
            .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
            .map(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()))
            .findFirst()
            .orElse(0);
    return new Request(text, new String(in.readNBytes(length), StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket connection : open) {
      connection.close();
    }
  }
}
