package io.promptbeam.api.spark;

import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Awaits bodies before their requests take a thread, which Spark would let wait for them. Long ones
 * are not held: they are read as they come, by the threads of {@link Places}.
 */
final class ShortBodies implements EagerContentHandler.ContentLoaderFactory {
  static final int MAX_BYTES = 64 * 1024;

  /** What a piece of a body costs beside its bytes: it keeps the buffer it came in. */
  private static final int FRAMING_BYTES = 1_024;

  private final EagerContentHandler.RetainedContentLoaderFactory awaited =
      new EagerContentHandler.RetainedContentLoaderFactory(MAX_BYTES, FRAMING_BYTES, false);

  /** Null for bodies of every type. */
  @Override
  @SuppressWarnings("NullAway") // as Jetty has it
  public String getApplicableMimeType() {
    return null;
  }

  /** Null for a body that is not awaited, which may be refused for its length at once. */
  @Override
  @SuppressWarnings("NullAway") // as Jetty has it
  public EagerContentHandler.ContentLoader newContentLoader(
      @Nullable String contentType,
      @Nullable String mimeType,
      Handler handler,
      Request request,
      Response response,
      Callback callback) {
    return request.getLength() > MAX_BYTES
        ? null
        : awaited.newContentLoader(
            contentType, mimeType, new Failing(handler), request, response, callback);
  }

  /**
   * What Jetty 12.1.12 gives a handler to call back takes success only; failures would never end
   * the request, and a server that stops would wait for it.
   */
  private static final class Failing extends Handler.Abstract {
    private final Handler next;

    Failing(Handler next) {
      this.next = next;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      return next.handle(request, response, Callback.from(callback::succeeded, request::fail));
    }
  }
}
