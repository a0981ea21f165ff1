package io.promptbeam.pipeline.notice;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Answers with public addresses only. The client connects to what this answers and asks nobody
 * else, for hosts that are written as addresses too: so what was checked is what is connected to.
 */
final class CheckedResolver implements DnsResolver {
  /** A name, or an address in whatever notation, leads where nothing may be sent. */
  static final class ForbiddenAddressException extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    ForbiddenAddressException() {
      super("the host has an address that is not public");
    }
  }

  /** Looks names up. */
  @FunctionalInterface
  interface Lookup {
    InetAddress[] lookUp(String host) throws UnknownHostException;
  }

  private final Lookup lookup;

  CheckedResolver(Lookup lookup) {
    this.lookup = lookup;
  }

  /** All or nothing: a public name with an address inside is an attempt to get there. */
  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    InetAddress[] found = lookup.lookUp(host);
    for (InetAddress address : found) {
      if (!PublicAddresses.include(address)) {
        throw new ForbiddenAddressException();
      }
    }
    return found;
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }
}
