package io.promptbeam.pipeline.pubsub;

import java.time.Duration;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient.PubsubClientFactory;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubOptions;
import org.jspecify.annotations.Nullable;

/**
 * Lets {@code PubsubIO} read from and write to an emulator or the embedded server: {@code
 * PubsubIO.readMessagesWithAttributes().withClientFactory(factory)}. Takes nothing from the
 * pipeline's options, and no credentials.
 *
 * <p>Its clients suit the DirectRunner, which polls without a pause: an empty subscription is asked
 * at most once every {@code idlePause}, and a reader gets small batches, because the runner drops
 * its readers often and returns what they had not passed on.
 */
public final class PlaintextPubsubClientFactory implements PubsubClientFactory {
  private static final long serialVersionUID = 1L;

  /** Short beside a call to a model; long enough for an idle machine to rest. */
  public static final Duration DEFAULT_IDLE_PAUSE = Duration.ofMillis(10);

  /** A DirectRunner bundle takes 10, and a reader lives for 20 bundles on average. */
  public static final int DEFAULT_MAX_PULL_MESSAGES = 100;

  private final String host;
  private final int port;
  private final Duration idlePause;
  private final int maxPullMessages;

  public PlaintextPubsubClientFactory(String host, int port) {
    this(host, port, DEFAULT_IDLE_PAUSE, DEFAULT_MAX_PULL_MESSAGES);
  }

  /**
   * Overrides the defaults.
   *
   * @param idlePause how long an empty subscription is left alone; zero polls without a pause
   * @param maxPullMessages the most messages one pull returns, whatever Beam asks for
   */
  public PlaintextPubsubClientFactory(
      String host, int port, Duration idlePause, int maxPullMessages) {
    this.host = host;
    this.port = port;
    this.idlePause = idlePause;
    this.maxPullMessages = maxPullMessages;
  }

  @Override
  public PubsubClient newClient(
      @Nullable String timestampAttribute, @Nullable String idAttribute, PubsubOptions options) {
    return new PlaintextPubsubClient(
        SharedConnection.acquire(host, port),
        new MessageConversion(timestampAttribute, idAttribute),
        idlePause,
        maxPullMessages);
  }

  /** The other address is ignored: this factory is for one server. */
  @Override
  public PubsubClient newClient(
      @Nullable String timestampAttribute,
      @Nullable String idAttribute,
      PubsubOptions options,
      @Nullable String rootUrlOverride) {
    return newClient(timestampAttribute, idAttribute, options);
  }

  @Override
  public String getKind() {
    return "PlaintextGrpc";
  }
}
