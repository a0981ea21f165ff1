package io.promptbeam.pipeline;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.message.JobMessage;
import io.promptbeam.message.JobMessageCodec;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.StoredJobs;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobFilter;
import io.promptbeam.store.JobStore.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubMessage;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubMessageWithAttributesCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.MultiOutputReceiver;
import org.apache.beam.sdk.transforms.DoFn.OutputReceiver;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.OutputBuilder;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of one message, or of a few, on the DirectRunner. */
@Timeout(60)
class DecodeMessagesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Owner OWNER = new Owner("alice");
  private static final int SHARDS = 3;

  /** Stands in every payload that is refused, and must be in no attribute. */
  private static final String MARK = "zebra-7461";

  private static final String REASON = "promptbeam-reason";

  /** More is refused by Pub/Sub, and the bundle would fail for ever. */
  private static final int MAX_ATTRIBUTE_BYTES = 1_024;

  /** Filled by a pipeline, whose DoFns are copies. */
  private static final Queue<String> COLLECTED = new ConcurrentLinkedQueue<>();

  private final InMemoryJobStore store = new InMemoryJobStore();

  @Test
  void reference_becomesOneItem() throws Exception {
    Job job = StoredJobs.create(store, 3);

    assertThat(decode(reference(job))).containsExactly(job.spec().id());
  }

  @Test
  void referencesBlock_becomesAnItemForEach() throws Exception {
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      jobs.add(StoredJobs.create(store, 3));
    }
    byte[] together =
        JobMessageCodec.encode(
            new JobMessage.References(
                jobs.stream().map(job -> JobReference.to(job.spec())).toList()));

    assertThat(decode(together))
        .containsExactlyElementsOf(jobs.stream().map(job -> job.spec().id()).toList());
  }

  @Test
  void batch_becomesItsIdAndOwner_andNoItem() {
    BatchId id = BatchId.random();

    Outputs outputs = process(JobMessageCodec.encode(new JobMessage.OfBatch(id, OWNER)));

    assertThat(outputs.batches).containsExactly(KV.of(id.hex(), "alice"));
    assertThat(outputs.items).isEmpty();
    assertThat(outputs.rejects).isEmpty();
  }

  @Test
  void batch_isRejected_whenItsIdOrOwnerIsNone() throws Exception {
    byte[] good = JobMessageCodec.encode(new JobMessage.OfBatch(BatchId.random(), OWNER));

    expectRejected("invalid_field", edited(good, "batch_id", "\"" + MARK + "\""));
    expectRejected("missing_field", edited(good, "batch_id", "null"));
    expectRejected("invalid_field", edited(good, "owner", "\"/" + MARK + "/\""));
  }

  @Test
  void unreadableMessages_areRejectedForTheirReason_andComeOutUnchanged() throws Exception {
    byte[] good = reference(StoredJobs.create(store, 3));

    expectRejected("not_json", bytes(MARK));
    expectRejected("not_json", bytes("[\"" + MARK + "\"]"));
    expectRejected("not_json", new byte[] {(byte) 0xFF, (byte) 0xFE, 0});
    expectRejected("not_json", new byte[0]);
    expectRejected("not_json", Arrays.copyOf(good, good.length / 2));
    expectRejected("unsupported_version", edited(good, "v", "2"));
    expectRejected("unknown_kind", edited(good, "kind", "\"" + MARK + "\""));
    expectRejected("invalid_field", edited(good, "job_id", "\"" + MARK + "\""));
    expectRejected("invalid_field", edited(good, "owner", "\"/" + MARK + "/\""));
    expectRejected("missing_field", edited(good, "priority", "null"));
    expectRejected("missing_field", bytes("{\"v\":1,\"kind\":\"jobs\",\"x\":\"" + MARK + "\"}"));
    expectRejected("invalid_field", bytes("{\"v\":1,\"kind\":\"jobs\",\"jobs\":[]}"));
  }

  @Test
  void referencesBlock_isRejectedWhole_whenOneOfItIsMalformed() throws Exception {
    String good = new String(reference(StoredJobs.create(store, 3)), UTF_8);

    expectRejected(
        "invalid_field",
        bytes("{\"v\":1,\"kind\":\"jobs\",\"jobs\":[" + good + ",\"" + MARK + "\"]}"));
  }

  @Test
  void oversizeMessage_isRejected_cutToWhatPubsubTakes() {
    byte[] payload = new byte[10_000_000];
    Arrays.fill(payload, (byte) 'x');

    PubsubMessage reject = onlyReject(payload);

    assertThat(reject.getAttribute(REASON)).isEqualTo("too_large");
    assertThat(reject.getAttribute("promptbeam-truncated-from-bytes")).isEqualTo("10000000");
    assertThat(reject.getPayload()).hasSizeBetween(9_000_000, 9_999_000).containsOnly('x');
  }

  @Test
  void inlineSubmission_makesItsRow_andOneJobHoweverOftenDelivered() throws Exception {
    byte[] message = inline("key-1", "{\"model_id\":\"m\",\"full_input\":\"Say hello.\"}");
    JobId id = JobId.forIdempotencyKey(OWNER, "key-1");

    assertThat(decode(message)).containsExactly(id);
    assertThat(decode(message)).containsExactly(id);

    assertThat(store.list(OWNER, JobFilter.ALL, 10, Optional.empty()).get().jobs()).hasSize(1);
    Job stored = store.read(id, Set.of(Part.REQUEST)).get().orElseThrow();
    assertThat(stored.run().state()).isEqualTo(JobState.PENDING);
    assertThat(stored.request()).isPresent();
  }

  @Test
  void inlineSubmission_isRejectedAndStoresNothing_whenItCannotBecomeAJob() throws Exception {
    expectRejected("unknown_model", inline("k1", submission("nobody-" + MARK, "")));
    expectRejected(
        "invalid_value", inline("k2", submission("m", ",\"priority\":\"" + MARK + "\"")));
    expectRejected("wrong_type", inline("k3", submission("m", ",\"metadata\":\"" + MARK + "\"")));
    expectRejected("missing_field", inline("k4", "{\"model_id\":\"m\"}"));
    expectRejected("unknown_field", inline("k5", submission("m", ",\"" + MARK + "\":1")));
    expectRejected("invalid_value", inline("k6", submission("m", ",\"params\":{\"stream\":true}")));

    assertThat(store.list(OWNER, JobFilter.ALL, 10, Optional.empty()).get().jobs()).isEmpty();
  }

  @Test
  void inlineSubmission_isRejected_whenItsKeyBelongsToAnother() throws Exception {
    assertThat(decode(inline("key-1", submission("m", "")))).hasSize(1);

    expectRejected("idempotency_conflict", inline("key-1", submission("m", ",\"max_attempts\":2")));
  }

  @Test
  void reject_fitsPubsub_whenThePayloadNamesALongField() throws Exception {
    String longName = MARK.repeat(400);

    expectRejected("unknown_field", inline("k1", submission("m", ",\"" + longName + "\":1")));
    expectRejected(
        "invalid_value",
        inline("k2", submission("m", ",\"metadata\":{\"" + longName + "\":\"v\"}")));
  }

  @Test
  void goodAndBadMessages_takeSeparateWays() throws Exception {
    Job job = StoredJobs.create(store, 3);

    List<byte[]> payloads =
        List.of(
            bytes(MARK),
            reference(job),
            inline("key-1", submission("m", "")),
            inline("key-2", submission("nobody", "")));
    COLLECTED.clear();
    Pipeline pipeline = Pipeline.create();
    PCollectionTuple decoded =
        pipeline
            .apply(
                Create.of(payloads.stream().map(p -> new PubsubMessage(p, Map.of())).toList())
                    .withCoder(PubsubMessageWithAttributesCoder.of()))
            .apply("DecodeMessages", new DecodeMessages(SHARDS, workers()));
    decoded.get(DecodeMessages.JOBS).apply("CollectJobs", ParDo.of(new CollectJobs()));
    decoded.get(DecodeMessages.REJECTS).apply("CollectRejects", ParDo.of(new CollectRejects()));
    pipeline.run().waitUntilFinish();

    assertThat(COLLECTED)
        .containsExactlyInAnyOrder(
            "job " + job.spec().id(),
            "job " + JobId.forIdempotencyKey(OWNER, "key-1"),
            "reject not_json",
            "reject unknown_model");
  }

  @Test
  void inlineSubmission_isTaken_whenItsTextHasHalfACharacter() throws Exception {
    byte[] message = inline("key-1", "{\"model_id\":\"m\",\"full_input\":\"half \\ud83d\"}");

    assertThat(decode(message)).containsExactly(JobId.forIdempotencyKey(OWNER, "key-1"));
  }

  @Test
  void numbersAndNestingBeyondBounds_failNoBundle() throws Exception {
    byte[] good = reference(StoredJobs.create(store, 3));

    expectEitherWay(replaced(good, "100", "1e99999999999"));
    expectEitherWay(replaced(good, "100", "9".repeat(2_000)));
    byte[] inline = inline("key-1", submission("m", ",\"params\":{\"seed\":100}"));
    expectEitherWay(replaced(inline, "100", "1e99999999999"));
    expectRejected("not_json", replaced(inline, "100", "-1e-99999999999"));
    expectEitherWay(replaced(inline, "100", "1e2147483647"));
    expectEitherWay(replaced(inline, "100", "[".repeat(900) + "]".repeat(900)));
    expectEitherWay(replaced(inline, "100", "[".repeat(5_000)));
  }

  @Test
  void damagedMessages_comeOutOneWay_whateverIsDamaged() throws Exception {
    Job job = StoredJobs.create(store, 3);
    List<byte[]> bases =
        List.of(
            reference(job),
            JobMessageCodec.encode(new JobMessage.References(List.of(JobReference.to(job.spec())))),
            inline(
                "key-1", submission("m", ",\"params\":{\"seed\":1},\"metadata\":{\"a\":\"b\"}")));
    var random = new SplittableRandom(20_261_123);
    var fn = new DecodeMessages.DecodeFn(SHARDS, workers());
    fn.setup();
    fn.startBundle();
    for (int i = 0; i < 6_000; i++) {
      byte[] damaged = damaged(bases.get(random.nextInt(bases.size())), random);
      var outputs = new Outputs();
      assertThatCode(() -> fn.process(new PubsubMessage(damaged, Map.of()), outputs))
          .as("message %s", new String(damaged, UTF_8))
          .doesNotThrowAnyException();
      assertThat(outputs.items.size() + outputs.rejects.size()).isEqualTo(1);
    }
    fn.teardown();
  }

  /** One to three bytes changed, cut out or replaced by something odd. */
  private static byte[] damaged(byte[] message, SplittableRandom random) {
    List<String> odd =
        List.of("\"", "{", "}", "[", "null", "1e99999999999", "-", "\\ud800", "\u0000", "1.5", ",");
    String text = new String(message, ISO_8859_1);
    for (int n = random.nextInt(1, 4); n > 0; n--) {
      int at = random.nextInt(text.length());
      int end = Math.min(text.length(), at + random.nextInt(3));
      String with =
          random.nextBoolean()
              ? odd.get(random.nextInt(odd.size()))
              : String.valueOf((char) random.nextInt(256));
      text = text.substring(0, at) + with + text.substring(end);
    }
    return text.getBytes(ISO_8859_1);
  }

  private static byte[] replaced(byte[] message, String part, String by) {
    String text = new String(message, UTF_8);
    assertThat(text).containsOnlyOnce(part);
    return bytes(text.replace(part, by));
  }

  private void expectEitherWay(byte[] payload) {
    Outputs outputs = process(payload);
    assertThat(outputs.items.size() + outputs.rejects.size()).isEqualTo(1);
  }

  private void expectRejected(String reason, byte[] payload) {
    PubsubMessage reject = onlyReject(payload);
    assertThat(reject.getAttribute(REASON)).isEqualTo(reason);
    assertThat(reject.getPayload()).isEqualTo(payload);
  }

  private PubsubMessage onlyReject(byte[] payload) {
    Outputs outputs = process(payload);
    assertThat(outputs.items).isEmpty();
    assertThat(outputs.rejects).hasSize(1);
    PubsubMessage reject = outputs.rejects.get(0);
    assertThat(reject.getAttributeMap())
        .containsKeys(REASON, "promptbeam-detail")
        .allSatisfy(
            (name, value) -> {
              assertThat(value).doesNotContain(MARK);
              assertThat(value.getBytes(UTF_8)).hasSizeLessThanOrEqualTo(MAX_ATTRIBUTE_BYTES);
            });
    return reject;
  }

  private List<JobId> decode(byte[] payload) {
    Outputs outputs = process(payload);
    assertThat(outputs.rejects).isEmpty();
    return outputs.items.stream().flatMap(item -> item.jobs().stream()).toList();
  }

  private Outputs process(byte[] payload) {
    var outputs = new Outputs();
    var fn = new DecodeMessages.DecodeFn(SHARDS, workers());
    fn.setup();
    fn.startBundle();
    fn.process(new PubsubMessage(payload, Map.of()), outputs);
    fn.teardown();
    return outputs;
  }

  private Worker.Factory workers() {
    return InProcessWorkers.lend(
        new EngineWorker(store, new ScriptedClients(), EngineConfig.DEFAULT));
  }

  private static byte[] reference(Job job) {
    return JobMessageCodec.encode(JobReference.to(job.spec()));
  }

  private static String submission(String model, String more) {
    return "{\"model_id\":\"" + model + "\",\"full_input\":\"" + MARK + "\"" + more + "}";
  }

  private static byte[] inline(String key, String submission) throws Exception {
    return JobMessageCodec.encode(
        new JobMessage.Inline(OWNER, key, (ObjectNode) JSON.readTree(submission)));
  }

  /** The same message with one field set to another JSON value. */
  private static byte[] edited(byte[] message, String field, String value) throws Exception {
    ObjectNode json = (ObjectNode) JSON.readTree(message);
    json.set(field, JSON.readTree(value));
    return JSON.writeValueAsBytes(json);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static final class CollectJobs extends DoFn<KV<Integer, WorkItem>, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element KV<Integer, WorkItem> item) {
      assertThat(item.getKey()).isBetween(0, SHARDS - 1);
      item.getValue().jobs().forEach(id -> COLLECTED.add("job " + id));
    }
  }

  private static final class CollectRejects extends DoFn<PubsubMessage, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element PubsubMessage reject) {
      COLLECTED.add("reject " + reject.getAttribute(REASON));
    }
  }

  /** What one message came out as. */
  private static final class Outputs implements MultiOutputReceiver {
    private final List<WorkItem> items = new ArrayList<>();
    private final List<KV<String, String>> batches = new ArrayList<>();
    private final List<PubsubMessage> rejects = new ArrayList<>();

    @Override
    @SuppressWarnings("unchecked") // the tags decide the types
    public <T> OutputReceiver<T> get(TupleTag<T> tag) {
      if (tag.equals(DecodeMessages.JOBS)) {
        return new Sink<>(value -> items.add(((KV<Integer, WorkItem>) value).getValue()));
      }
      if (tag.equals(DecodeMessages.BATCHES)) {
        return new Sink<>(value -> batches.add((KV<String, String>) value));
      }
      assertThat(tag).isEqualTo(DecodeMessages.REJECTS);
      return new Sink<>(value -> rejects.add((PubsubMessage) value));
    }

    @Override
    public <T> OutputReceiver<Row> getRowReceiver(TupleTag<T> tag) {
      throw new UnsupportedOperationException("not used");
    }
  }

  private record Sink<T>(Consumer<T> to) implements OutputReceiver<T> {
    @Override
    public void output(T value) {
      to.accept(value);
    }

    @Override
    public void outputWithTimestamp(T value, Instant timestamp) {
      to.accept(value);
    }

    @Override
    public OutputBuilder<T> builder(T value) {
      throw new UnsupportedOperationException("not used");
    }
  }
}
