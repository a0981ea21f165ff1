package io.promptbeam.pipeline.llm.simulated;

import io.promptbeam.catalog.Simulation;
import java.net.URI;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * An OpenAI-compatible server on 127.0.0.1 that behaves as a {@link Simulation} says: {@code
 * /v1/chat/completions}, {@code /v1/responses}, {@code /v1/embeddings}, {@code /v1/completions} and
 * {@code /v1/models}. Thread-safe. Thousands of calls may wait at the same time.
 */
public final class SimulatedProvider implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int MAX_THREADS = 8;

  /** Longer than any latency a simulation may have: a waiting call must not look idle. */
  private static final long IDLE_TIMEOUT_MILLIS = 2 * 60 * 60 * 1_000;

  private static final int MAX_QUEUED_CONNECTIONS = 4_096;

  private final Server server;
  private final ServerConnector connector;
  private final SimulatedHandler handler;
  private final ScheduledThreadPoolExecutor scheduler;
  private final CallLog log = new CallLog();

  private SimulatedProvider(String modelId, Simulation simulation, int port) {
    scheduler =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "simulated-delay");
              thread.setDaemon(true);
              return thread;
            });
    scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    var threads = new QueuedThreadPool(MAX_THREADS, 2);
    threads.setName("simulated");
    threads.setDaemon(true);
    threads.setReservedThreads(1);
    server = new Server(threads);
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(false);
    connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setHost(HOST);
    connector.setPort(port);
    connector.setIdleTimeout(IDLE_TIMEOUT_MILLIS);
    connector.setAcceptQueueSize(MAX_QUEUED_CONNECTIONS);
    server.addConnector(connector);
    handler = new SimulatedHandler(modelId, simulation, scheduler, log);
    server.setHandler(handler);
  }

  /** Starts on a free port. */
  public static SimulatedProvider start(String modelId, Simulation simulation) {
    return start(modelId, simulation, 0);
  }

  /**
   * Starts on a port.
   *
   * @param port 0 for a free one
   * @throws IllegalStateException when the port is taken
   */
  public static SimulatedProvider start(String modelId, Simulation simulation, int port) {
    var provider = new SimulatedProvider(modelId, simulation, port);
    try {
      provider.server.start();
      return provider;
    } catch (Exception e) {
      provider.close();
      throw new IllegalStateException(
          "the simulated provider of model " + modelId + " cannot listen on port " + port, e);
    }
  }

  /** The API root, for example {@code http://127.0.0.1:40001/v1}. */
  public URI baseUrl() {
    return URI.create("http://" + HOST + ":" + connector.getLocalPort() + "/v1");
  }

  public SimulatedStats stats() {
    return log.stats();
  }

  /** When calls arrived, by {@link System#nanoTime}, in order; the first million since a reset. */
  public long[] arrivalNanos() {
    return log.arrivalNanos();
  }

  /** The calls that no limit refused. */
  public Admissions admissions() {
    return log.admissions();
  }

  /** Starts counting anew, for example after a warm-up. Attempts per request are kept. */
  public void resetStats() {
    log.reset();
  }

  /** Has each further call reported to {@code observer}, instead of to the one before. */
  public void observe(CallObserver observer) {
    handler.observe(observer);
  }

  /** Drops the calls that wait. */
  @Override
  public void close() {
    scheduler.shutdownNow();
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the simulated provider did not stop", e);
    }
  }
}
