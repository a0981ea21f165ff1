package io.promptbeam.api.spark;

import io.promptbeam.api.http.Gate;
import io.promptbeam.api.http.HttpFigures;
import io.promptbeam.api.http.Route;
import io.promptbeam.trace.Tracing;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import javax.servlet.DispatcherType;
import org.eclipse.jetty.ee8.servlet.FilterHolder;
import org.eclipse.jetty.ee8.servlet.ServletContextHandler;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Spark's routes on an embedded Jetty 12. Spark's own Jetty, 9.4, is at its end of life with a
 * known request-smuggling hole.
 */
public final class HttpHost {
  /** Where to listen and how much to take, as {@code ApiConfig} has it. */
  public record Settings(
      String host,
      int port,
      int maxBodyBytes,
      int maxHeaderBytes,
      Duration idleTimeout,
      Patience patience,
      int maxThreads,
      int maxQueued,
      Duration storeTimeout) {}

  private static final int MIN_THREADS = 8;
  private static final int THREAD_IDLE_MILLIS = 60_000;

  /**
   * How long a connection on which nothing moves keeps the server from stopping; with much less,
   * one whose request still waits for a thread is closed under it.
   */
  private static final int SHUTDOWN_IDLE_MILLIS = 500;

  private static final int STOP_MILLIS = 5_000;

  private final Server server;
  private final ServerConnector connector;
  private final HttpFigures figures;

  /** One that traces nothing. */
  public HttpHost(Settings settings, List<Route> routes, Gate gate) {
    this(settings, routes, gate, Tracing.OFF);
  }

  public HttpHost(Settings settings, List<Route> routes, Gate gate, Tracing tracing) {
    figures = new HttpFigures(routes);
    Edge edge =
        new Edge(
            routes,
            gate,
            settings.maxBodyBytes(),
            settings.storeTimeout(),
            new Places(settings.maxThreads()),
            figures,
            tracing);
    QueuedThreadPool threads =
        new QueuedThreadPool(
            settings.maxThreads(),
            Math.min(MIN_THREADS, settings.maxThreads()),
            THREAD_IDLE_MILLIS,
            new LinkedBlockingQueue<>(settings.maxQueued()));
    threads.setName("promptbeam-http");
    server = new Server(threads);
    connector = new ServerConnector(server, new HttpConnectionFactory(http(settings)));
    connector.setHost(settings.host());
    connector.setPort(settings.port());
    connector.setIdleTimeout(settings.idleTimeout().toMillis());
    connector.setShutdownIdleTimeout(SHUTDOWN_IDLE_MILLIS);
    server.addConnector(connector);
    server.setErrorHandler(new ProblemErrors.OfServer(figures));
    // Waits for requests in hand when the server stops, and refuses those that come then.
    Handler awaited = new EagerContentHandler(context(edge, routes).get(), new ShortBodies());
    SlowCallers slow = new SlowCallers(settings.patience(), new GracefulHandler(awaited));
    server.setHandler(slow);
    connector.addBean(slow, false);
    server.setStopTimeout(STOP_MILLIS);
  }

  private static HttpConfiguration http(Settings settings) {
    HttpConfiguration http = new HttpConfiguration();
    http.setRequestHeaderSize(settings.maxHeaderBytes());
    http.setHttpCompliance(HttpCompliance.STRICT);
    http.setSendServerVersion(false);
    http.setSendXPoweredBy(false);
    return http;
  }

  private static ServletContextHandler context(Edge edge, List<Route> routes) {
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath("/");
    context.setErrorHandler(new ProblemErrors.OfContext());
    context.addFilter(
        new FilterHolder(new EdgeFilter(edge, routes)), "/*", EnumSet.of(DispatcherType.REQUEST));
    return context;
  }

  /** Listens. */
  public void start() throws IOException {
    try {
      server.start();
    } catch (IOException e) {
      stop();
      throw e;
    } catch (Exception e) {
      stop();
      throw new IllegalStateException("the HTTP server does not start", e);
    }
  }

  public int port() {
    return connector.getLocalPort();
  }

  public HttpFigures figures() {
    return figures;
  }

  /** Does nothing when it does not run. */
  public void stop() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP server does not stop", e);
    }
  }
}
