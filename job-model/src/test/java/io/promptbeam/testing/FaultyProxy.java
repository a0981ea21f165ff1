package io.promptbeam.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Carries TCP from a port of 127.0.0.1 to a server, and goes wrong as a test says. It knows nothing
 * of what it carries. Thread-safe; blocking threads, two per connection.
 */
public final class FaultyProxy implements AutoCloseable {
  private static final int BACKLOG = 200;

  /** What happens to the bytes. A change takes effect at once, on open connections too. */
  public sealed interface Mode {
    /** Everything goes through; what was held back flows on. */
    Mode PASS = new Pass();

    /** As if the server's process had ended: open connections are reset, new ones refused. */
    Mode REFUSE = new Refuse();

    /** Open connections are reset, new ones are accepted and then reset. */
    Mode RESET = new Reset();

    /** Connections are accepted and kept, and nothing passes either way, not even a close. */
    Mode HANG = new Hang();

    /** Requests go through, answers are held back. */
    Mode FREEZE_ANSWERS = new FreezeAnswers();

    /** Requests go through, answers pass one byte at a time. */
    static Mode dribble(Duration pause) {
      return new Dribble(pause);
    }

    /**
     * Each connection ends, without a reset, after {@code answerBytes} of what the server sends on
     * it from now on.
     */
    static Mode cutAfter(long answerBytes) {
      return new CutAfter(answerBytes);
    }
  }

  private record Pass() implements Mode {}

  private record Refuse() implements Mode {}

  private record Reset() implements Mode {}

  private record Hang() implements Mode {}

  private record FreezeAnswers() implements Mode {}

  record Dribble(Duration pause) implements Mode {
    Dribble {
      if (pause.isNegative() || pause.isZero()) {
        throw new IllegalArgumentException("pause must be positive");
      }
    }
  }

  record CutAfter(long answerBytes) implements Mode {
    CutAfter {
      if (answerBytes < 0) {
        throw new IllegalArgumentException("answerBytes must not be negative");
      }
    }
  }

  /** Which way bytes go. */
  enum Direction {
    REQUESTS,
    ANSWERS
  }

  /** A mode and its number, so that the same mode set again is told apart. */
  record Phase(Mode mode, long number) {}

  private final SocketAddress server;
  private final int port;

  /** Bound and never listening: the port stays ours while connections to it are refused. */
  private final Socket reservation;

  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile Phase phase = new Phase(Mode.PASS, 0);
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;
  private boolean closed;

  private FaultyProxy(SocketAddress server) throws IOException {
    this.server = server;
    reservation = new Socket();
    reservation.setReuseAddress(true);
    if (reservation.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
      reservation.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    }
    reservation.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    port = reservation.getLocalPort();
    listen();
  }

  /** Listens on a free port of 127.0.0.1. The server need not run yet. */
  public static FaultyProxy to(String host, int port) throws IOException {
    return new FaultyProxy(new InetSocketAddress(host, port));
  }

  public int port() {
    return port;
  }

  /** How many connections clients have opened so far, those reset at once included. */
  public int accepted() {
    return accepted.get();
  }

  /** How many connections are open now. */
  public int open() {
    return connections.size();
  }

  public void mode(Mode next) throws IOException {
    Thread stopped = change(next);
    if (stopped != null) {
      // The system takes connections for as long as a thread of ours is still in accept.
      joinUninterruptibly(stopped);
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The thread that now stops accepting, if one does. */
  private @Nullable Thread change(Mode next) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the proxy is closed");
      }
      phase = new Phase(next, phase.number() + 1);
      changed.signalAll();
      Thread stopped = null;
      if (next instanceof Refuse) {
        stopped = acceptor;
        stopListening();
      } else {
        listen();
      }
      if (next instanceof Refuse || next instanceof Reset) {
        connections.forEach(ProxiedConnection::reset);
      }
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  private void listen() throws IOException {
    if (listener != null) {
      return;
    }
    var opened = new ServerSocket();
    opened.setReuseAddress(true);
    if (opened.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
      opened.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    }
    opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
    listener = opened;
    acceptor = daemon("faulty-proxy-" + port, () -> accept(opened));
  }

  private void stopListening() throws IOException {
    if (listener != null) {
      listener.close();
      listener = null;
      acceptor = null;
    }
  }

  static Thread daemon(String name, Runnable task) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void accept(ServerSocket from) {
    try {
      while (true) {
        Socket client = from.accept();
        accepted.incrementAndGet();
        admit(new ProxiedConnection(this, client, server));
      }
    } catch (IOException e) {
      // Closed, by a mode or for good.
    }
  }

  private void admit(ProxiedConnection connection) {
    lock.lock();
    try {
      if (closed || phase.mode() instanceof Reset || phase.mode() instanceof Refuse) {
        connection.reset();
      } else {
        connections.add(connection);
        daemon("faulty-proxy-" + port + "-requests", connection::carry);
      }
    } finally {
      lock.unlock();
    }
  }

  void ended(ProxiedConnection connection) {
    connections.remove(connection);
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits while the mode holds this direction back, and gives the mode that lets it go on. */
  Phase awaitFlow(ProxiedConnection connection, Direction direction) throws IOException {
    Phase now = phase;
    if (!holds(now.mode(), direction)) {
      return now;
    }
    lock.lock();
    try {
      while (holds(phase.mode(), direction) && !connection.isEnded()) {
        changed.awaitUninterruptibly();
      }
      if (connection.isEnded()) {
        throw new IOException("the connection has ended");
      }
      return phase;
    } finally {
      lock.unlock();
    }
  }

  private static boolean holds(Mode mode, Direction direction) {
    return mode instanceof Hang
        || (mode instanceof FreezeAnswers && direction == Direction.ANSWERS);
  }

  /** Waits for as long as {@code since} lasts, but no longer than {@code pause}. */
  void pause(Phase since, ProxiedConnection connection, Duration pause) throws IOException {
    lock.lock();
    try {
      long left = pause.toNanos();
      while (left > 0 && phase.number() == since.number() && !connection.isEnded()) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /** Resets what is open and stops listening. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      stopListening();
      reservation.close();
      connections.forEach(ProxiedConnection::reset);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
