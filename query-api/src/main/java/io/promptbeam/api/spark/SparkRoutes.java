package io.promptbeam.api.spark;

import io.promptbeam.api.http.Route;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import spark.ExceptionHandlerImpl;
import spark.ExceptionMapper;
import spark.Request;
import spark.Response;
import spark.Spark;

/**
 * Registers routes with Spark. Under a SparkFilter, Spark has one route table and one exception
 * mapper for the whole process, so a route is registered once, and when it is taken it looks for
 * the server the request came to ({@link Arrival}) and for that server's handler. Servers can
 * therefore come, go and run side by side; one whose routes others do not have should start before
 * requests arrive, because Spark's table is not made for changes under load.
 */
final class SparkRoutes {
  /** Tells Spark that the request is taken; the answer itself is written already. */
  private static final String WRITTEN = "";

  private static final Set<String> REGISTERED = new HashSet<>();

  private SparkRoutes() {}

  static synchronized void register(List<Route> routes) {
    if (REGISTERED.isEmpty()) {
      // Spark.exception() is ignored under a filter; this mapper is the one it asks.
      ExceptionMapper.getServletInstance()
          .map(
              Exception.class,
              new ExceptionHandlerImpl<Exception>(Exception.class) {
                @Override
                public void handle(Exception failure, Request request, Response response) {
                  Arrival arrival = arrival(request);
                  arrival.edge().answerFailure(failure, arrival.request(), response.raw());
                }
              });
      Spark.notFound(
          (request, response) -> {
            Arrival arrival = arrival(request);
            arrival.edge().answerUnrouted(arrival.request(), response.raw());
            return WRITTEN;
          });
    }
    for (Route route : routes) {
      register(route.method(), route.path());
      if (route.method().equals("GET")) {
        register("HEAD", route.path());
      }
    }
  }

  private static void register(String method, String path) {
    String key = Edge.key(method, path);
    if (!REGISTERED.add(key)) {
      return;
    }
    spark.Route dispatch = (request, response) -> dispatch(key, request, response);
    // Spark tells a path from the same path with a slash.
    for (String form : new String[] {path + "/", path}) {
      switch (method) {
        case "GET" -> Spark.get(form, dispatch);
        case "HEAD" -> Spark.head(form, dispatch);
        case "POST" -> Spark.post(form, dispatch);
        case "PUT" -> Spark.put(form, dispatch);
        case "DELETE" -> Spark.delete(form, dispatch);
        default -> throw new IllegalArgumentException("no routes for " + method);
      }
    }
  }

  /** Null, as if there were no route, where this server has none like it. */
  private static @Nullable Object dispatch(String key, Request request, Response response)
      throws Exception {
    Arrival arrival = arrival(request);
    Optional<Route> route = arrival.edge().route(key);
    if (route.isEmpty()) {
      return null;
    }
    arrival.edge().answer(route.get(), arrival, response.raw(), name -> request.params(":" + name));
    return WRITTEN;
  }

  private static Arrival arrival(Request request) {
    if (request.raw().getAttribute(Arrival.ATTRIBUTE) instanceof Arrival arrival) {
      return arrival;
    }
    throw new IllegalStateException("the request did not come through the filter");
  }
}
