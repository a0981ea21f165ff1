package io.promptbeam.api.http;

import java.util.regex.Pattern;

/**
 * What answers a method on a path. GET answers HEAD too. Served with and without a trailing slash.
 *
 * @param path without trailing slash; a segment {@code :name} matches any one segment
 * @param open answers without a key
 */
public record Route(String method, String path, boolean open, Handler handler) {
  public static Route of(String method, String path, Handler handler) {
    return new Route(method, path, false, handler);
  }

  public static Route open(String method, String path, Handler handler) {
    return new Route(method, path, true, handler);
  }

  /** What the path matches, whatever the method. */
  public Pattern pattern() {
    return Pattern.compile(path.replaceAll(":[a-z_]+", "[^/]+") + "/?");
  }
}
