package io.promptbeam.testing;

import io.promptbeam.testing.FaultyProxy.CutAfter;
import io.promptbeam.testing.FaultyProxy.Direction;
import io.promptbeam.testing.FaultyProxy.Dribble;
import io.promptbeam.testing.FaultyProxy.Phase;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/** One connection of a client through a {@link FaultyProxy}. */
final class ProxiedConnection {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int CONNECT_MILLIS = 10_000;

  private final FaultyProxy proxy;
  private final Socket client;
  private final Socket server = new Socket();
  private final SocketAddress serverAddress;
  private final AtomicInteger openDirections = new AtomicInteger(2);
  private volatile boolean ended;
  private volatile boolean cut;

  ProxiedConnection(FaultyProxy proxy, Socket client, SocketAddress serverAddress) {
    this.proxy = proxy;
    this.client = client;
    this.serverAddress = serverAddress;
  }

  boolean isEnded() {
    return ended;
  }

  /** Connects to the server and carries bytes until both sides have closed. */
  void carry() {
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      proxy.awaitFlow(this, Direction.REQUESTS);
      server.connect(serverAddress, CONNECT_MILLIS);
      FaultyProxy.daemon(Thread.currentThread().getName() + "-answers", this::carryAnswers);
      carryRequests();
    } catch (IOException e) {
      endHeld(Direction.REQUESTS);
    }
  }

  private void carryRequests() throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    InputStream in = client.getInputStream();
    OutputStream out = server.getOutputStream();
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      proxy.awaitFlow(this, Direction.REQUESTS);
      if (!cut) {
        out.write(buffer, 0, read);
      }
    }
    proxy.awaitFlow(this, Direction.REQUESTS);
    if (cut) {
      reset();
    } else {
      server.shutdownOutput();
      directionEnded();
    }
  }

  private void carryAnswers() {
    try {
      byte[] buffer = new byte[BUFFER_BYTES];
      InputStream in = server.getInputStream();
      long phaseNumber = -1;
      long sentInPhase = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        int at = 0;
        while (at < read) {
          Phase phase = proxy.awaitFlow(this, Direction.ANSWERS);
          if (phase.number() != phaseNumber) {
            phaseNumber = phase.number();
            sentInPhase = 0;
          }
          int count = allowed(phase, read - at, sentInPhase);
          client.getOutputStream().write(buffer, at, count);
          at += count;
          sentInPhase += count;
          if (phase.mode() instanceof CutAfter limit && sentInPhase >= limit.answerBytes()) {
            cut();
            return;
          }
          if (phase.mode() instanceof Dribble dribble) {
            proxy.pause(phase, this, dribble.pause());
          }
        }
      }
      proxy.awaitFlow(this, Direction.ANSWERS);
      client.shutdownOutput();
      directionEnded();
    } catch (IOException e) {
      if (!cut) {
        endHeld(Direction.ANSWERS);
      }
    }
  }

  private static int allowed(Phase phase, int available, long sentInPhase) {
    if (phase.mode() instanceof Dribble) {
      return 1;
    }
    return phase.mode() instanceof CutAfter limit
        ? (int) Math.min(available, limit.answerBytes() - sentInPhase)
        : available;
  }

  /**
   * What the client still sends is read and dropped: closing a socket with unread bytes would reset
   * it, and a reset may overtake the answer.
   */
  private void cut() throws IOException {
    cut = true;
    client.shutdownOutput();
    closeWithReset(server);
  }

  private void directionEnded() throws IOException {
    if (openDirections.decrementAndGet() == 0) {
      ended = true;
      client.close();
      server.close();
      proxy.ended(this);
    }
  }

  /** One side broke; the other hears of it when the mode lets bytes pass. */
  private void endHeld(Direction direction) {
    try {
      if (!ended) {
        proxy.awaitFlow(this, direction);
      }
    } catch (IOException e) {
      // Ended while it was held back.
    }
    reset();
  }

  void reset() {
    ended = true;
    closeWithReset(client);
    closeWithReset(server);
    proxy.ended(this);
  }

  private static void closeWithReset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // Closed already.
    }
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is left to close.
    }
  }
}
