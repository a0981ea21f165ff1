package io.promptbeam.pipeline.pubsub;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.outage.QuickReconnect;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What all clients of one server in this JVM share: the channel, and what is known of its
 * subscriptions. Beam makes a client per reader and per writing bundle. Thread-safe.
 */
final class SharedConnection {
  /**
   * No bound of our own: a pull's answer that we refuse is leased all the same, comes again with
   * the same messages, and would be refused for ever.
   */
  private static final int MAX_INBOUND_BYTES = Integer.MAX_VALUE;

  private static final Map<String, SharedConnection> OPEN = new HashMap<>();

  private final String address;
  private final ManagedChannel channel;
  private final ConcurrentMap<String, IdlePolling> idlePolling = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Integer> ackDeadlineSeconds = new ConcurrentHashMap<>();
  private final Outages outages = new Outages(System::nanoTime, Outages::sleep);
  private int users;

  private SharedConnection(String address, ManagedChannel channel) {
    this.address = address;
    this.channel = channel;
  }

  /** To be released exactly once. */
  static SharedConnection acquire(String host, int port) {
    synchronized (OPEN) {
      SharedConnection connection =
          OPEN.computeIfAbsent(
              host + ":" + port,
              address ->
                  new SharedConnection(
                      address,
                      QuickReconnect.watch(
                          ManagedChannelBuilder.forAddress(host, port)
                              .usePlaintext()
                              .maxInboundMessageSize(MAX_INBOUND_BYTES)
                              .build())));
      connection.users++;
      return connection;
    }
  }

  /** Closes the channel after its last user; calls under way go on. */
  void release() {
    synchronized (OPEN) {
      users--;
      if (users == 0) {
        OPEN.remove(address);
        channel.shutdown();
      }
    }
  }

  static int openConnections() {
    synchronized (OPEN) {
      return OPEN.size();
    }
  }

  ManagedChannel channel() {
    return channel;
  }

  IdlePolling idlePolling(String subscription) {
    return idlePolling.computeIfAbsent(
        subscription, name -> new IdlePolling(System::nanoTime, IdlePolling::sleep));
  }

  Outages outages() {
    return outages;
  }

  /** Asked once per subscription by every reader, of which the DirectRunner makes many. */
  ConcurrentMap<String, Integer> ackDeadlineSeconds() {
    return ackDeadlineSeconds;
  }
}
