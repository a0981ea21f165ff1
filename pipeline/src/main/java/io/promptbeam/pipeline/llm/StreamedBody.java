package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * Assembles a streamed answer while it comes. Holds the answer and one event, each up to a limit.
 */
final class StreamedBody implements BodySubscriber<ReceivedBody> {
  private final int maxAnswerBytes;
  private final StreamAssembler assembler;
  private final SseParser parser;
  private final CompletableFuture<ReceivedBody> body = new CompletableFuture<>();
  private @Nullable Subscription subscription;

  StreamedBody(StreamAssembler assembler, int maxAnswerBytes) {
    this.maxAnswerBytes = maxAnswerBytes;
    this.assembler = assembler;
    this.parser = new SseParser(maxAnswerBytes, this::event);
  }

  @Override
  public CompletionStage<ReceivedBody> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    try {
      for (ByteBuffer buffer : buffers) {
        if (body.isDone()) {
          return;
        }
        parser.accept(buffer);
      }
    } catch (IOException | RuntimeException e) {
      stop(new ReceivedBody.Garbled());
    }
  }

  private void event(String type, String data) throws IOException {
    if (body.isDone()) {
      return;
    }
    assembler.event(type, data);
    if (assembler.error().isPresent()) {
      stop(new ReceivedBody.Failed(assembler.error().get()));
    } else if (assembler.keptBytes() > maxAnswerBytes) {
      stop(new ReceivedBody.TooLarge());
    } else if (assembler.isEnded()) {
      // Without closing the connection: what is left is its end, and it can be used again.
      body.complete(assembled());
    }
  }

  /** Nothing that may still come is of interest. */
  private void stop(ReceivedBody reason) {
    body.complete(reason);
    if (subscription != null) {
      subscription.cancel();
    }
  }

  @Override
  public void onError(Throwable failure) {
    body.completeExceptionally(failure);
  }

  /** An event that is cut off makes no sense, so that is no reason to call the stream garbled. */
  @Override
  public void onComplete() {
    if (body.isDone()) {
      return;
    }
    try {
      parser.end();
      body.complete(assembler.isWhole() ? assembled() : new ReceivedBody.Cut());
    } catch (IOException | RuntimeException e) {
      body.complete(new ReceivedBody.Cut());
    }
  }

  private ReceivedBody assembled() throws JsonProcessingException {
    byte[] bytes = assembler.bytes();
    return bytes.length > maxAnswerBytes
        ? new ReceivedBody.TooLarge()
        : new ReceivedBody.Assembled(bytes);
  }
}
