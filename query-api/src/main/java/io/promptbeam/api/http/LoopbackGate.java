package io.promptbeam.api.http;

import io.promptbeam.access.Scope;
import io.promptbeam.job.Owner;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * For a server on loopback without keys: everyone on this machine is {@link Owner#LOCAL}, except
 * web pages from elsewhere, which a browser on this machine would let in. A page that rebound its
 * name to 127.0.0.1 shows by its Host, one that posts across sites by its Origin.
 */
public final class LoopbackGate implements Gate {
  /** Literals cannot be rebound, so every address of 127.0.0.0/8 is as good as the first. */
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|\\[::1]|127(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}");

  private final Caller local;

  /**
   * @param scopes of everyone on this machine
   */
  public LoopbackGate(Set<Scope> scopes) {
    local = new Caller(Owner.LOCAL, scopes);
  }

  @Override
  public Caller admit(ApiRequest request, boolean open) {
    if (CrossSite.hostOf(request).filter(name -> LOOPBACK.matcher(name).matches()).isEmpty()) {
      throw Problem.of(
              403,
              "host_not_allowed",
              "Forbidden",
              "This server answers localhost, 127.x.x.x and [::1] only. To serve other names,"
                  + " start it with API keys.")
          .asException();
    }
    CrossSite.refuse(request);
    return local;
  }
}
