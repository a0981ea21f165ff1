package io.promptbeam.pipeline.llm;

import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * A response body up to a limit: what lies beyond is not read, and the connection is closed.
 *
 * @param complete false when the body went on past the limit
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per call would be waste
record BoundedBody(byte[] bytes, boolean complete) {

  /** Keeps answers up to one limit and error answers, of which only the message is wanted, less. */
  static BodyHandler<BoundedBody> handler(int maxAnswerBytes, int maxErrorBytes) {
    return info -> new Subscriber(info.statusCode() / 100 == 2 ? maxAnswerBytes : maxErrorBytes);
  }

  private static final class Subscriber implements BodySubscriber<BoundedBody> {
    private final int maxBytes;
    private final List<ByteBuffer> received = new ArrayList<>();
    private final CompletableFuture<BoundedBody> body = new CompletableFuture<>();
    private @Nullable Subscription subscription;
    private int size;

    Subscriber(int maxBytes) {
      this.maxBytes = maxBytes;
    }

    @Override
    public CompletionStage<BoundedBody> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Subscription given) {
      subscription = given;
      given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      if (body.isDone()) {
        return;
      }
      for (ByteBuffer buffer : buffers) {
        if (buffer.remaining() > maxBytes - size) {
          received.add(buffer.slice(buffer.position(), maxBytes - size));
          size = maxBytes;
          if (subscription != null) {
            subscription.cancel();
          }
          body.complete(new BoundedBody(join(), false));
          return;
        }
        size += buffer.remaining();
        received.add(buffer);
      }
    }

    @Override
    public void onError(Throwable failure) {
      received.clear();
      body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      body.complete(new BoundedBody(join(), true));
    }

    private byte[] join() {
      byte[] bytes = new byte[size];
      int at = 0;
      for (ByteBuffer buffer : received) {
        int length = buffer.remaining();
        buffer.get(bytes, at, length);
        at += length;
      }
      received.clear();
      return bytes;
    }
  }
}
