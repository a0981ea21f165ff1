package io.promptbeam.pipeline.llm;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;

/** Notes in {@link CallProgress} what goes out and comes in. */
final class WatchedBodies {
  private WatchedBodies() {}

  static BodyPublisher publisher(byte[] body, CallProgress progress) {
    BodyPublisher publisher = BodyPublishers.ofByteArray(body);
    return new BodyPublisher() {
      @Override
      public long contentLength() {
        return publisher.contentLength();
      }

      /** The client comes for the body once it is connected. */
      @Override
      public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
        progress.sending(System.nanoTime());
        publisher.subscribe(subscriber);
      }
    };
  }

  static <B> BodyHandler<B> handler(BodyHandler<B> handler, CallProgress progress) {
    return head -> {
      progress.received(System.nanoTime());
      return new WatchedSubscriber<>(handler.apply(head), progress);
    };
  }

  private record WatchedSubscriber<B>(BodySubscriber<B> subscriber, CallProgress progress)
      implements BodySubscriber<B> {
    @Override
    public CompletionStage<B> getBody() {
      return subscriber.getBody();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscriber.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      progress.received(System.nanoTime());
      subscriber.onNext(buffers);
    }

    @Override
    public void onError(Throwable failure) {
      progress.read(System.nanoTime());
      subscriber.onError(failure);
    }

    @Override
    public void onComplete() {
      progress.read(System.nanoTime());
      subscriber.onComplete();
    }
  }
}
