package io.promptbeam.api.http;

import io.promptbeam.access.Scope;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What answers a method on a path. GET answers HEAD too. Served with and without a trailing slash.
 *
 * @param path without trailing slash; a segment {@code :name} matches any one segment
 * @param needs the scope without which the handler is not asked; empty: it answers without a key
 */
public record Route(String method, String path, Optional<Scope> needs, Handler handler) {
  /** Changes nothing. */
  public static Route reading(String path, Handler handler) {
    return new Route("GET", path, Optional.of(Scope.READ), handler);
  }

  /** Makes, changes or removes jobs, batches or files. */
  public static Route submitting(String method, String path, Handler handler) {
    return new Route(method, path, Optional.of(Scope.SUBMIT), handler);
  }

  /** Is about who may come in. */
  public static Route administering(String method, String path, Handler handler) {
    return new Route(method, path, Optional.of(Scope.ADMIN), handler);
  }

  public static Route open(String method, String path, Handler handler) {
    return new Route(method, path, Optional.empty(), handler);
  }

  public boolean isOpen() {
    return needs.isEmpty();
  }

  /**
   * Ends the request of a caller that may not use this route, before anything is looked up.
   *
   * @throws ProblemException 403
   */
  public void requireScope(Caller caller) {
    if (needs.isPresent() && !caller.may(needs.get())) {
      String scope = needs.get().wireName();
      String has = Scope.list(caller.scopes());
      throw Problem.of(
              403,
              "insufficient_scope",
              "Insufficient scope",
              "This needs the scope " + scope + "; you have " + has + ".")
          .withHeader(
              "WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"" + scope + "\"")
          .asException();
    }
  }

  /** What the path matches, whatever the method. */
  public Pattern pattern() {
    return Pattern.compile(path.replaceAll(":[a-z_]+", "[^/]+") + "/?");
  }
}
