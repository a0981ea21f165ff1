package io.promptbeam.api.spark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes the connections of callers who send or fetch too slowly. Has to be the outermost handler,
 * and a bean of the connector.
 */
final class SlowCallers extends Handler.Wrapper implements Connection.Listener {
  private static final Logger log = LoggerFactory.getLogger(SlowCallers.class);
  private static final long LOOK_MILLIS = 1_000;

  /** The attribute of a request whose whole body has come. */
  static final String BODY_IS_HERE = SlowCallers.class.getName() + ".body";

  private final Patience patience;
  private final Map<Connection, Pace> paces = new ConcurrentHashMap<>();
  private volatile boolean looking;

  SlowCallers(Patience patience, Handler next) {
    super(next);
    this.patience = patience;
  }

  @Override
  public void onOpened(Connection connection) {
    paces.put(connection, new Pace(patience));
  }

  @Override
  public void onClosed(Connection connection) {
    paces.remove(connection);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    Connection connection = request.getConnectionMetaData().getConnection();
    Pace pace = paces.get(connection);
    if (pace == null) {
      return super.handle(request, response, callback);
    }
    Object token = new Object();
    pace.begins(token, connection.getBytesIn());
    Request.addCompletionListener(request, failure -> pace.ends(token, connection.getBytesIn()));
    boolean hasBody =
        request.getLength() > 0 || request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
    Request read = hasBody ? new Measured.Body(request, pace, token) : request;
    return super.handle(
        read, new Measured.Answer(read, response, pace, token, connection), callback);
  }

  private void look(Scheduler scheduler) {
    if (!looking) {
      return;
    }
    long now = System.nanoTime();
    try {
      paces.forEach(
          (connection, pace) -> {
            if (pace.isTooSlow(connection.getBytesIn(), connection.getBytesOut(), now)) {
              log.debug("a caller is too slow: {} closes", connection.getEndPoint());
              connection.getEndPoint().close(new TimeoutException("the caller is too slow"));
            }
          });
    } finally {
      // Whatever one connection comes to, the others are looked at again.
      schedule(scheduler);
    }
  }

  private void schedule(Scheduler scheduler) {
    scheduler.schedule(() -> look(scheduler), LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    looking = true;
    schedule(getServer().getScheduler());
  }

  @Override
  protected void doStop() throws Exception {
    looking = false;
    super.doStop();
  }
}
