package io.promptbeam.local.pubsub;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Speaks enough of the Pub/Sub gRPC API for the official clients and Beam: topics, subscriptions,
 * publish, pull, streaming pull, acknowledge, modify deadline. At-least-once, unordered, all in
 * memory: what was not acknowledged is gone when it closes. Without: push, filters, ordering keys,
 * exactly-once, snapshots, schemas, its own dead-letter policy.
 *
 * <p>Listens on 127.0.0.1 only, without encryption. Thread-safe.
 */
public final class EmbeddedPubsub implements AutoCloseable {
  /** Above the service's own limit, so that an oversize request gets the service's answer. */
  private static final int MAX_INBOUND_BYTES = 64 * 1024 * 1024;

  private static final long EXPIRY_PERIOD_MILLIS = 100;

  private final Server server;
  private final Broker broker;
  private final ScheduledExecutorService timer;

  private EmbeddedPubsub(Server server, Broker broker, ScheduledExecutorService timer) {
    this.server = server;
    this.broker = broker;
    this.timer = timer;
  }

  /** On a port that is free. */
  public static EmbeddedPubsub start() throws IOException {
    return start(0);
  }

  /**
   * Starts on the given port, or on a free one for 0.
   *
   * @throws IOException if the port is in use
   */
  public static EmbeddedPubsub start(int port) throws IOException {
    return start(port, InstantSource.system());
  }

  /**
   * Starts with a clock of the caller's.
   *
   * @param clock rules ack deadlines and publish times
   */
  public static EmbeddedPubsub start(int port, InstantSource clock) throws IOException {
    return start(port, new Broker(clock));
  }

  /** Starts with topics that exist before the first call comes. */
  static EmbeddedPubsub start(int port, Broker broker) throws IOException {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "embedded-pubsub-timer");
              thread.setDaemon(true);
              return thread;
            });
    Server server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port))
            // No handler blocks, so none needs a thread of its own.
            .directExecutor()
            .maxInboundMessageSize(MAX_INBOUND_BYTES)
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(new PublisherService(broker))
            .addService(new SubscriberService(broker, timer))
            .build();
    try {
      server.start();
    } catch (IOException e) {
      timer.shutdownNow();
      throw e;
    }
    var unused =
        timer.scheduleWithFixedDelay(
            broker::expireDue, EXPIRY_PERIOD_MILLIS, EXPIRY_PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    return new EmbeddedPubsub(server, broker, timer);
  }

  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return server.getPort();
  }

  /** As in {@code PUBSUB_EMULATOR_HOST}. */
  public String hostAndPort() {
    return host() + ":" + port();
  }

  /** Ends every waiting pull and stream, then the server. Blocks for some seconds at most. */
  @Override
  public void close() {
    server.shutdown();
    timer.shutdownNow();
    broker.close();
    try {
      if (!server.awaitTermination(2, TimeUnit.SECONDS)) {
        server.shutdownNow();
        server.awaitTermination(2, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
