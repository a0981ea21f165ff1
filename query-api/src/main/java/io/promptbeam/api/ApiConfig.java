package io.promptbeam.api;

import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.trace.Tracing;
import java.time.Duration;

/**
 * How a server is set up.
 *
 * @param host the address to listen on
 * @param port 0 for any free one
 * @param access by keys or tokens, on any address but loopback; else everyone is the owner {@code
 *     local}
 * @param publishWait how long the answer to a submission waits for the publisher at most
 * @param storeTimeout how long the store may take to answer before the caller is told 503
 * @param tracing of what requests make and change; not the server's to close
 */
public record ApiConfig(
    String host,
    int port,
    Access access,
    ApiLimits limits,
    Duration publishWait,
    Duration storeTimeout,
    Tracing tracing) {
  private static final Duration STORE_TIMEOUT = Duration.ofSeconds(10);

  /** On 127.0.0.1, without keys. */
  public static ApiConfig loopback(int port) {
    return new ApiConfig(
        "127.0.0.1",
        port,
        Access.LOOPBACK,
        ApiLimits.DEFAULT,
        JobSubmitter.DEFAULT_PUBLISH_WAIT,
        STORE_TIMEOUT,
        Tracing.OFF);
  }

  public ApiConfig withHost(String address) {
    return new ApiConfig(address, port, access, limits, publishWait, storeTimeout, tracing);
  }

  public ApiConfig withKeys(ApiKeys known) {
    return new ApiConfig(
        host, port, access.withKeys(known), limits, publishWait, storeTimeout, tracing);
  }

  public ApiConfig withAccess(Access other) {
    return new ApiConfig(host, port, other, limits, publishWait, storeTimeout, tracing);
  }

  public ApiConfig withLimits(ApiLimits other) {
    return new ApiConfig(host, port, access, other, publishWait, storeTimeout, tracing);
  }

  public ApiConfig withTimeouts(Duration publish, Duration store) {
    return new ApiConfig(host, port, access, limits, publish, store, tracing);
  }

  public ApiConfig withTracing(Tracing other) {
    return new ApiConfig(host, port, access, limits, publishWait, storeTimeout, other);
  }
}
