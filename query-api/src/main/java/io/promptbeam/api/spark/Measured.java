package io.promptbeam.api.spark;

import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;

/** A request and its response, which tell a {@link Pace} when the server waits for the caller. */
final class Measured {
  private Measured() {}

  /** Tells also when the last of the body has come. */
  static final class Body extends Request.Wrapper {
    private final Pace pace;
    private final Object token;

    Body(Request request, Pace pace, Object token) {
      super(request);
      this.pace = pace;
      this.token = token;
    }

    @Override
    public Content.Chunk read() {
      Content.Chunk chunk = super.read();
      if (chunk != null && chunk.isLast()) {
        setAttribute(SlowCallers.BODY_IS_HERE, true);
      }
      return chunk;
    }

    @Override
    public void demand(Runnable whenThere) {
      pace.reading(token, System.nanoTime());
      // Of the same type, or Jetty would take a thread to call what needs none.
      super.demand(
          Invocable.from(
              Invocable.getInvocationType(whenThere),
              () -> {
                pace.read(token, System.nanoTime());
                whenThere.run();
              }));
    }
  }

  /** The answer. */
  static final class Answer extends Response.Wrapper {
    private final Pace pace;
    private final Object token;
    private final Connection connection;

    Answer(Request request, Response response, Pace pace, Object token, Connection connection) {
      super(request, response);
      this.pace = pace;
      this.token = token;
      this.connection = connection;
    }

    @Override
    public void write(boolean last, ByteBuffer piece, Callback callback) {
      pace.writing(token, connection.getBytesOut(), System.nanoTime());
      super.write(last, piece, new Written(callback, pace, token));
    }
  }

  private static final class Written extends Callback.Nested {
    private final Pace pace;
    private final Object token;

    Written(Callback callback, Pace pace, Object token) {
      super(callback);
      this.pace = pace;
      this.token = token;
    }

    @Override
    public void succeeded() {
      pace.written(token, System.nanoTime());
      super.succeeded();
    }

    @Override
    public void failed(Throwable failure) {
      pace.written(token, System.nanoTime());
      super.failed(failure);
    }
  }
}
