package io.promptbeam.api.spark;

import io.promptbeam.api.http.HttpFigures;
import io.promptbeam.api.http.Route;
import javax.servlet.http.HttpServletRequest;

/**
 * Which server a request came to, and the request as it came: Spark sees less of it. Used by one
 * thread.
 */
final class Arrival {
  /** The request attribute that holds it. */
  static final String ATTRIBUTE = Arrival.class.getName();

  private final Edge edge;
  private final HttpServletRequest request;
  private String route = HttpFigures.UNROUTED;

  /**
   * One that no route has taken yet.
   *
   * @param request with all its headers
   */
  Arrival(Edge edge, HttpServletRequest request) {
    this.edge = edge;
    this.request = request;
  }

  Edge edge() {
    return edge;
  }

  HttpServletRequest request() {
    return request;
  }

  /** The path of the route that took it, or what stands for none. */
  String route() {
    return route;
  }

  void takenBy(Route taker) {
    route = taker.path();
  }
}
