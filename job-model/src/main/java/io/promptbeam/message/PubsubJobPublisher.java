package io.promptbeam.message;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.trace.TraceFields;
import io.promptbeam.trace.Tracing;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Publishes references. Each is tried for {@link #TOTAL_TIMEOUT} in the background, so an outage
 * shorter than that delays a message and loses none that this process lives to send; a caller
 * bounds its own wait on the future. The message of a job that is traced has its context in the
 * attribute {@code traceparent} too, where tools look that do not read the body.
 */
public final class PubsubJobPublisher implements JobPublisher {
  /** How long one message is tried. */
  public static final Duration TOTAL_TIMEOUT = Duration.ofMinutes(10);

  private static final String PUBSUB = "gcp_pubsub";
  private static final String OPERATION = "publish";

  private final TopicPublisher publisher;
  private final String topic;
  private final Tracing tracing;

  private PubsubJobPublisher(TopicPublisher publisher, String topic, Tracing tracing) {
    this.publisher = publisher;
    this.topic = topic;
    this.tracing = tracing;
  }

  /** One that tells nobody of what it sends. */
  public static PubsubJobPublisher create(PubsubTarget target, String topic) throws IOException {
    return create(target, topic, Tracing.OFF);
  }

  /**
   * Connects lazily: a Pub/Sub that is down shows in the futures only.
   *
   * @param topic its id, without project
   * @param tracing stays the caller's to close, after this
   * @throws IOException if the process has no credentials for the real service
   */
  public static PubsubJobPublisher create(PubsubTarget target, String topic, Tracing tracing)
      throws IOException {
    return new PubsubJobPublisher(
        TopicPublisher.open(target, topic, TOTAL_TIMEOUT), topic, tracing);
  }

  @Override
  public CompletableFuture<Void> publish(JobReference reference) {
    if (!tracing.isOn()) {
      return send(reference);
    }
    Span span = tracing.begin(SpanKind.PRODUCER, OPERATION + " " + topic, reference.traceparent());
    span.setAttribute(TraceFields.MESSAGING_SYSTEM, PUBSUB)
        .setAttribute(TraceFields.MESSAGING_DESTINATION, topic)
        .setAttribute(TraceFields.MESSAGING_OPERATION, OPERATION)
        .setAttribute(TraceFields.MESSAGING_OPERATION_TYPE, "send")
        .setAttribute(TraceFields.JOB_ID, reference.jobId().toString());
    return send(reference.withTraceparent(Tracing.traceparent(span)))
        .whenComplete((done, failure) -> ended(span, failure));
  }

  private static void ended(Span span, @Nullable Throwable failure) {
    if (failure != null) {
      span.setAttribute(TraceFields.ERROR_TYPE, SparseWarning.cause(failure).getClass().getName())
          .setStatus(StatusCode.ERROR);
    }
    span.end();
  }

  private CompletableFuture<Void> send(JobReference reference) {
    PubsubMessage.Builder message = message(JobMessageCodec.encode(reference));
    reference
        .traceparent()
        .ifPresent(context -> message.putAttributes(Tracing.TRACEPARENT, context));
    return publisher.publish(message.build());
  }

  @Override
  public CompletableFuture<Void> publishTogether(List<JobReference> references) {
    return publish(JobMessageCodec.encode(new JobMessage.References(references)));
  }

  @Override
  public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
    return publish(JobMessageCodec.encode(new JobMessage.OfBatch(batch, owner)));
  }

  private CompletableFuture<Void> publish(byte[] message) {
    return publisher.publish(message(message).build());
  }

  private static PubsubMessage.Builder message(byte[] data) {
    return PubsubMessage.newBuilder().setData(ByteString.copyFrom(data));
  }

  /** Sends what waits, and blocks for some seconds at most; what then is unsent is given up. */
  @Override
  public void close() {
    publisher.close();
  }
}
