package io.promptbeam.api.spark;

import javax.servlet.http.HttpServletRequest;

/**
 * Which server a request came to, and the request as it came: Spark sees less of it.
 *
 * @param request with all its headers
 */
record Arrival(Edge edge, HttpServletRequest request) {
  /** The request attribute that holds it. */
  static final String ATTRIBUTE = Arrival.class.getName();
}
