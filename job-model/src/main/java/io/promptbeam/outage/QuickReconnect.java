package io.promptbeam.outage;

import io.grpc.ConnectivityState;
import io.grpc.ForwardingChannelBuilder2;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the time until a channel connects again to a server that is back. gRPC's own pauses double
 * up to two minutes, so that after an outage of a minute nobody would notice its end for half of
 * another.
 */
public final class QuickReconnect {
  private static final long LONGEST_PAUSE_MILLIS = 2_000;

  private final ManagedChannel channel;
  private final Executor later;

  private QuickReconnect(ManagedChannel channel, Executor later) {
    this.channel = channel;
    this.later = later;
  }

  /** For channels that a client library builds. */
  public static ManagedChannelBuilder<?> wrap(ManagedChannelBuilder<?> builder) {
    return new WatchedBuilder(builder);
  }

  /** Looks after {@code channel} until it is shut down. */
  public static ManagedChannel watch(ManagedChannel channel) {
    new QuickReconnect(
            channel, CompletableFuture.delayedExecutor(LONGEST_PAUSE_MILLIS, TimeUnit.MILLISECONDS))
        .look();
    return channel;
  }

  private void look() {
    ConnectivityState state = channel.getState(false);
    if (state == ConnectivityState.TRANSIENT_FAILURE) {
      later.execute(
          () -> {
            channel.resetConnectBackoff();
            look();
          });
    } else if (state != ConnectivityState.SHUTDOWN) {
      channel.notifyWhenStateChanged(state, this::look);
    }
  }

  private static final class WatchedBuilder extends ForwardingChannelBuilder2<WatchedBuilder> {
    private final ManagedChannelBuilder<?> delegate;

    WatchedBuilder(ManagedChannelBuilder<?> delegate) {
      this.delegate = delegate;
    }

    @Override
    protected ManagedChannelBuilder<?> delegate() {
      return delegate;
    }

    @Override
    public ManagedChannel build() {
      return watch(delegate.build());
    }
  }
}
