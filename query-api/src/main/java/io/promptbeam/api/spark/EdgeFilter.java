package io.promptbeam.api.spark;

import io.promptbeam.api.http.Route;
import java.io.IOException;
import java.util.List;
import javax.servlet.FilterChain;
import javax.servlet.FilterConfig;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletRequestWrapper;
import javax.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import spark.servlet.SparkApplication;
import spark.servlet.SparkFilter;

/** Spark's filter for one server: it tells the routes, which are the process's, whose they are. */
final class EdgeFilter extends SparkFilter {
  private final Edge edge;
  private final List<Route> routes;

  EdgeFilter(Edge edge, List<Route> routes) {
    this.edge = edge;
    this.routes = routes;
  }

  @Override
  protected SparkApplication[] getApplications(FilterConfig config) {
    return new SparkApplication[] {() -> SparkRoutes.register(routes)};
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest http = (HttpServletRequest) request;
    Arrival arrival = new Arrival(edge, http);
    http.setAttribute(Arrival.ATTRIBUTE, arrival);
    long startNanos = System.nanoTime();
    edge.began();
    boolean failed = true;
    try {
      super.doFilter(new Routed(http), response, chain);
      failed = false;
    } finally {
      long nanos = System.nanoTime() - startNanos;
      edge.ended(arrival, (HttpServletResponse) response, failed, nanos);
    }
  }

  /**
   * A request to be routed by method and path alone. By one of the hidden headers Spark would take
   * a GET for a DELETE; by the other it would choose among routes, and fail over a malformed one.
   */
  private static final class Routed extends HttpServletRequestWrapper {
    Routed(HttpServletRequest request) {
      super(request);
    }

    @Override
    public @Nullable String getHeader(String name) {
      return name.equalsIgnoreCase("X-HTTP-Method-Override") || name.equalsIgnoreCase("Accept")
          ? null
          : super.getHeader(name);
    }
  }
}
