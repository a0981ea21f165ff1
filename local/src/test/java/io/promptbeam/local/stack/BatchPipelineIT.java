package io.promptbeam.local.stack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.store.FileUpload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches from their file to their end, through queue, pipeline, store and provider. */
@Timeout(240)
class BatchPipelineIT {
  private static final Pattern NAME = Pattern.compile("<(line-[0-9]+)>");
  private static final Duration PATIENCE = Duration.ofSeconds(100);

  private final Closing closing = new Closing();
  private final Map<String, Integer> callsByName = new ConcurrentHashMap<>();
  private final AtomicLong lastCallNanos = new AtomicLong();

  @AfterEach
  void close() {
    closing.close();
  }

  private ModelCatalog models(long latencyMillis, double errors, double refusals, int inFlight)
      throws Exception {
    SimulatedProvider provider =
        closing.add(
            "provider",
            SimulatedProvider.start(
                "one",
                new Simulation(
                    7,
                    Duration.ofMillis(latencyMillis),
                    0.2,
                    errors,
                    refusals,
                    0,
                    OptionalLong.empty())));
    provider.observe(
        (nanos, path, body) -> {
          lastCallNanos.accumulateAndGet(nanos, Math::max);
          Matcher name = NAME.matcher(new String(body, UTF_8));
          callsByName.merge(name.find() ? name.group(1) : "none", 1, Integer::sum);
        });
    String model =
        ", provider: openai, base_url: '"
            + provider.baseUrl()
            + "', max_in_flight: "
            + inFlight
            + "}";
    return ModelCatalogLoader.parse(
        "models.yaml", "models: [{id: one" + model + ", {id: two" + model + "]");
  }

  private Stack open() throws Exception {
    return closing.add("stack", Stack.open(new Backends(Optional.empty(), Optional.empty())));
  }

  private static BatchId create(Stack stack, int lines, String... models) throws Exception {
    FileId fileId = FileId.random();
    FileUpload upload = new FileUpload(stack.store().files(), fileId);
    for (int i = 0; i < lines; i++) {
      String line =
          "{\"custom_id\": \"c-"
              + i
              + "\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": {\"model\":"
              + " \""
              + models[i % models.length]
              + "\", \"messages\": [{\"role\": \"user\", \"content\": \"Say <line-"
              + i
              + ">\"}]}}\n";
      upload.write(line.getBytes(UTF_8), 0, line.length());
    }
    upload.close();
    Instant now = Instant.now();
    stack
        .store()
        .files()
        .complete(
            new StoredFile(
                fileId,
                Owner.LOCAL,
                "in.jsonl",
                "batch",
                upload.bytes(),
                upload.chunks(),
                true,
                now,
                Optional.empty()))
        .get();
    BatchId id = BatchId.random();
    var created =
        stack
            .store()
            .batches()
            .create(
                new BatchSpec(
                    id,
                    Owner.LOCAL,
                    BatchProtocol.OPENAI,
                    fileId,
                    "/v1/chat/completions",
                    "24h",
                    Map.of(),
                    now,
                    now.plusSeconds(86_400),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()))
            .get();
    assertThat(created.created()).isTrue();
    stack.publisher().publishBatch(id, Owner.LOCAL).get();
    return id;
  }

  private static BatchProgress progress(Stack stack, BatchId id) throws Exception {
    return stack.store().batches().progress(id).get().orElseThrow();
  }

  private static BatchProgress awaitEnd(Stack stack, BatchId id) throws Exception {
    return Await.until(
        "the batch has ended",
        PATIENCE,
        () -> progress(stack, id),
        progress -> progress.batch().run().status().isTerminal());
  }

  private static List<Job> lines(Stack stack, BatchId id, int lines) throws Exception {
    List<Job> all = new ArrayList<>();
    for (int segment = 0; segment < BatchLine.segments(lines); segment++) {
      all.addAll(stack.store().batches().lines(id, segment, Set.of()).get());
    }
    return all;
  }

  private static long count(List<Job> lines, JobState state) {
    return lines.stream().filter(line -> line.run().state() == state).count();
  }

  @Test
  void batch_completesWithExactCounts_whenSomeLinesAreRefusedAndSomeTriedAgain() throws Exception {
    Stack stack = open();
    var unused = stack.startPipeline(models(20, 0.05, 0.02, 200));
    long startNanos = System.nanoTime();
    BatchId id = create(stack, 2_000, "one", "two");

    BatchProgress ended = awaitEnd(stack, id);

    System.out.printf(
        "2,000 lines took %d ms%n", Duration.ofNanos(System.nanoTime() - startNanos).toMillis());
    assertThat(ended.batch().run().status()).isEqualTo(BatchStatus.COMPLETED);
    SegmentTally totals = ended.batch().run().totals().orElseThrow();
    List<Job> lines = lines(stack, id, 2_000);
    assertThat(lines).hasSize(2_000);
    assertThat(totals.completed()).isEqualTo(count(lines, JobState.COMPLETED)).isLessThan(2_000);
    assertThat(totals.failed()).isEqualTo(count(lines, JobState.FAILED)).isPositive();
    assertThat(totals.ended()).isEqualTo(2_000);
    assertThat(callsByName).hasSize(2_000);
    assertThat(ended.open()).isEmpty();
  }

  @Test
  void batch_stopsCalling_whenItIsCancelledMidway() throws Exception {
    Stack stack = open();
    var unused = stack.startPipeline(models(100, 0, 0, 20));
    BatchId id = create(stack, 2_000, "one", "two");
    var unusedToo =
        Await.until("calls are made", PATIENCE, callsByName::size, calls -> calls >= 300);

    long cutNanos = System.nanoTime();
    var cut =
        stack
            .store()
            .batches()
            .cut(id, new Cut(Cut.Kind.CANCELLED, Instant.now()))
            .get()
            .orElseThrow();
    BatchProgress ended = awaitEnd(stack, id);

    long lastMillis = Duration.ofNanos(lastCallNanos.get() - cutNanos).toMillis();
    System.out.printf(
        "cut to last call: %d ms; cut to end: %d ms%n",
        lastMillis, Duration.ofNanos(System.nanoTime() - cutNanos).toMillis());
    assertThat(cut.kind()).isEqualTo(Cut.Kind.CANCELLED);
    assertThat(lastMillis).isLessThan(2_000);
    assertThat(ended.batch().run().status()).isEqualTo(BatchStatus.CANCELLED);
    SegmentTally totals = ended.batch().run().totals().orElseThrow();
    assertThat(totals.ended()).isEqualTo(2_000);
    assertThat(totals.completed()).isEqualTo(callsByName.size());
    List<Job> lines = lines(stack, id, 2_000).stream().map(ended::asItStands).toList();
    assertThat(totals.completed()).isEqualTo(count(lines, JobState.COMPLETED));
    assertThat(totals.cancelled()).isEqualTo(2_000 - totals.completed());
  }

  @Test
  void batch_isFinishedByAnotherPipeline_whenOneIsClosedMidway() throws Exception {
    Stack stack = open();
    ModelCatalog models = models(50, 0, 0, 50);
    LocalPipeline first = stack.startPipeline(models);
    BatchId id = create(stack, 2_000, "one", "two");
    var unused = Await.until("calls are made", PATIENCE, callsByName::size, calls -> calls >= 300);
    first.close();
    assertThat(callsByName.size()).isLessThan(2_000);

    var unusedToo = stack.startPipeline(models);
    BatchProgress ended = awaitEnd(stack, id);

    assertThat(ended.batch().run().status()).isEqualTo(BatchStatus.COMPLETED);
    SegmentTally totals = ended.batch().run().totals().orElseThrow();
    assertThat(totals.completed()).isEqualTo(2_000);
    assertThat(callsByName).hasSize(2_000);
    System.out.printf(
        "2,000 lines, closed midway: %d calls%n",
        callsByName.values().stream().mapToInt(Integer::intValue).sum());
  }
}
