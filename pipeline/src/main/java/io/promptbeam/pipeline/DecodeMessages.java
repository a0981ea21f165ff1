package io.promptbeam.pipeline;

import io.promptbeam.message.DeadLetterAttributes;
import io.promptbeam.message.JobMessage;
import io.promptbeam.message.JobMessageCodec;
import io.promptbeam.message.JobReference;
import io.promptbeam.message.MalformedMessageException;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.trace.Tracing;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubMessage;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubMessageWithAttributesCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.jspecify.annotations.Nullable;

/**
 * Turns messages into work items under a shard. What is not ours becomes a reject, with the reason
 * as an attribute and the payload as it came; no message comes out as both.
 */
final class DecodeMessages extends PTransform<PCollection<PubsubMessage>, PCollectionTuple> {
  private static final long serialVersionUID = 1L;

  static final TupleTag<KV<Integer, WorkItem>> JOBS = new TupleTag<>() {};

  /** Batches' ids, each with its owner's name. */
  static final TupleTag<KV<String, String>> BATCHES = new TupleTag<>() {};

  static final TupleTag<PubsubMessage> REJECTS = new TupleTag<>() {};

  private final int shards;
  private final Worker.Factory workers;

  /**
   * Decodes to one of {@code shards} keys.
   *
   * @param shards keys of the calls' state; few keep a runner's bookkeeping small, many spread over
   *     more workers
   */
  DecodeMessages(int shards, Worker.Factory workers) {
    this.shards = shards;
    this.workers = workers;
  }

  @Override
  public PCollectionTuple expand(PCollection<PubsubMessage> messages) {
    PCollectionTuple decoded =
        messages.apply(
            "Decode",
            ParDo.of(new DecodeFn(shards, workers))
                .withOutputTags(JOBS, TupleTagList.of(BATCHES).and(REJECTS)));
    decoded.get(JOBS).setCoder(KvCoder.of(VarIntCoder.of(), new WorkItemCoder()));
    decoded.get(BATCHES).setCoder(KvCoder.of(StringUtf8Coder.of(), StringUtf8Coder.of()));
    decoded.get(REJECTS).setCoder(PubsubMessageWithAttributesCoder.of());
    return decoded;
  }

  static final class DecodeFn extends DoFn<PubsubMessage, KV<Integer, WorkItem>> {
    private static final long serialVersionUID = 1L;

    /** Pub/Sub takes 10 MB with attributes; a longer payload loses its end. */
    private static final int MAX_REJECT_BYTES = 9_900_000;

    private final Counter decoded = Metrics.counter("decode", "jobs");
    private final Counter batches = Metrics.counter("decode", "batches");
    private final Counter rejected = Metrics.counter("decode", "rejects");
    private final int shards;
    private final Worker.Factory workers;
    private transient @Nullable SharedWorker worker;
    private int shard;

    DecodeFn(int shards, Worker.Factory workers) {
      this.shards = shards;
      this.workers = workers;
    }

    @Setup
    public void setup() {
      worker = SharedWorker.acquire(workers);
    }

    @StartBundle
    public void startBundle() {
      // One shard a bundle: some runners copy a key's state for every bundle that touches it.
      shard = ThreadLocalRandom.current().nextInt(shards);
    }

    @ProcessElement
    public void process(@Element PubsubMessage message, MultiOutputReceiver out) {
      try {
        JobMessage decodedMessage = JobMessageCodec.decode(message.getPayload());
        if (decodedMessage instanceof JobMessage.OfBatch of) {
          out.get(BATCHES).output(KV.of(of.batch().hex(), of.owner().name()));
          batches.inc();
          return;
        }
        List<JobReference> references = references(decodedMessage, message);
        for (JobReference reference : references) {
          out.get(JOBS).output(KV.of(shard, new SingleJob(reference)));
        }
        decoded.inc(references.size());
      } catch (MalformedMessageException e) {
        reject(message, Map.of(DeadLetterAttributes.REASON, e.reason().code()), e, out);
      } catch (InvalidSubmissionException e) {
        reject(message, attributes(e), e, out);
      }
    }

    private List<JobReference> references(JobMessage decodedMessage, PubsubMessage message)
        throws InvalidSubmissionException {
      if (decodedMessage instanceof JobMessage.Reference known) {
        return List.of(known.reference());
      }
      if (decodedMessage instanceof JobMessage.References together) {
        return together.references();
      }
      if (worker == null) {
        throw new IllegalStateException("called before setup");
      }
      var inline = (JobMessage.Inline) decodedMessage;
      Optional<String> context = Tracing.checked(message.getAttribute(Tracing.TRACEPARENT));
      return List.of(new InlineJobs(worker.get()).create(inline, context));
    }

    /** Names the field where its name is ours; one that the publisher chose may say anything. */
    private static Map<String, String> attributes(InvalidSubmissionException cause) {
      if (cause.code().equals("unknown_field")) {
        return Map.of(DeadLetterAttributes.REASON, cause.code());
      }
      String field = cause.field().split("[.\\[]", 2)[0];
      return Map.of(DeadLetterAttributes.REASON, cause.code(), DeadLetterAttributes.FIELD, field);
    }

    private void reject(
        PubsubMessage message, Map<String, String> why, Exception cause, MultiOutputReceiver out) {
      rejected.inc();
      Map<String, String> attributes = new HashMap<>(why);
      attributes.put(DeadLetterAttributes.DETAIL, String.valueOf(cause.getMessage()));
      byte[] payload = message.getPayload();
      if (payload.length > MAX_REJECT_BYTES) {
        attributes.put(DeadLetterAttributes.TRUNCATED_FROM_BYTES, Integer.toString(payload.length));
        payload = Arrays.copyOf(payload, MAX_REJECT_BYTES);
      }
      out.get(REJECTS).output(new PubsubMessage(payload, attributes));
    }

    @Teardown
    public void teardown() {
      if (worker != null) {
        worker.close();
        worker = null;
      }
    }
  }
}
