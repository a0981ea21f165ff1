package io.promptbeam.store;

import static io.promptbeam.store.Batches.line;
import static io.promptbeam.store.TestJobs.prompt;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.Calls;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does with batches. Every test has an owner of its own. */
abstract class BatchStoreContract {
  final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private static final SegmentTally TALLY =
      new SegmentTally(256, 0, 0, 0, Usage.of(3, 4), new BigDecimal("0.1"));

  final Owner owner = new Owner("o-" + UUID.randomUUID());
  JobStore store;
  BatchStore batches;

  abstract JobStore open();

  @BeforeEach
  void openStore() {
    store = open();
    batches = store.batches();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  BatchSpec spec() {
    return spec(now);
  }

  BatchSpec spec(Instant createdAt) {
    return Batches.spec(BatchId.random(), owner, BatchProtocol.OPENAI, createdAt);
  }

  Batch created(BatchSpec spec) {
    var creation = batches.create(spec).join();
    assertThat(creation.created()).isTrue();
    return creation.batch();
  }

  BatchProgress progress(BatchSpec spec) {
    return batches.progress(spec.id()).join().orElseThrow();
  }

  List<BatchId> listed(Optional<BatchId> after, int limit) {
    return ids(batches.list(owner, BatchProtocol.OPENAI, after, limit).join());
  }

  static List<BatchId> ids(List<Batch> found) {
    return found.stream().map(batch -> batch.spec().id()).toList();
  }

  void putLines(BatchSpec spec, int from, int to) {
    Map<JobSpec, LlmRequest> lines = new LinkedHashMap<>();
    for (int number = to - 1; number >= from; number--) {
      lines.put(line(spec, number), prompt("line " + number));
    }
    batches.putLines(lines).join();
  }

  List<Integer> numbers(BatchSpec spec, int segment) {
    return batches.lines(spec.id(), segment, Set.of()).join().stream()
        .map(job -> BatchLine.of(job.spec().id()).orElseThrow().number())
        .toList();
  }

  Job completed(JobSpec spec) {
    Jobs jobs = new Jobs(store, Clock.fixed(now, ZoneOffset.UTC));
    Job job = store.read(spec.id(), Set.of()).join().orElseThrow();
    Job claimed =
        JobStoreContract.done(jobs.apply(job, new JobEvent.Claim("t", Duration.ofMinutes(1))));
    var complete = new JobEvent.Complete("t", Calls.paid(Usage.of(3, 4), new BigDecimal("0.0010")));
    return JobStoreContract.done(
        jobs.apply(claimed, complete, Optional.of("{\"a\":1}".getBytes(UTF_8))));
  }

  @Test
  void create_makesOneBatch_whenRepeated() {
    BatchSpec spec = spec();
    Batch first = created(spec);
    var again = batches.create(spec).join();
    assertThat(again.created()).isFalse();
    assertThat(again.batch()).isEqualTo(first);
    assertThat(first.spec()).isEqualTo(spec);
    assertThat(first.run()).isEqualTo(BatchRun.NEW);
    assertThat(batches.read(spec.id()).join()).contains(first);
    assertThat(listed(Optional.empty(), 10)).containsExactly(spec.id());
  }

  @Test
  void create_leavesOneRowInTheList_whenRepeatedAtAnotherTime() {
    BatchSpec spec = spec();
    created(spec);
    for (int seconds : new int[] {-5, 5}) {
      BatchSpec later =
          Batches.spec(spec.id(), owner, BatchProtocol.OPENAI, now.plusSeconds(seconds));
      var again = batches.create(later).join();
      assertThat(again.created()).isFalse();
      assertThat(again.batch().spec()).isEqualTo(spec);
    }
    assertThat(listed(Optional.empty(), 10)).containsExactly(spec.id());
  }

  @Test
  void create_hasADueEntryOfItsOwn() {
    BatchSpec spec = spec();
    created(spec);
    JobId due = BatchLine.dueIdOf(spec.id());
    int bucket = RowKeys.bucket(due);
    assertThat(
            store.due(bucket, JobStoreContract.END, Optional.empty(), 100_000).join().stream()
                .filter(entry -> entry.jobId().equals(due)))
        .hasSize(1);
  }

  @Test
  void absentBatch_isEmpty() {
    assertThat(batches.read(BatchId.random()).join()).isEmpty();
    assertThat(batches.progress(BatchId.random()).join()).isEmpty();
    assertThat(listed(Optional.of(BatchId.random()), 10)).isEmpty();
  }

  @Test
  void compareAndSet_refuses_whenSomebodyElseCameFirst() {
    Batch batch = created(spec());
    BatchRun next = batch.run().started(300, now);
    Optional<String> version = batches.compareAndSet(batch, next).join();
    assertThat(version).isPresent();
    assertThat(batches.compareAndSet(batch, batch.run().started(9, now)).join()).isEmpty();
    Batch read = batches.read(batch.spec().id()).join().orElseThrow();
    assertThat(read.run()).isEqualTo(next);
    assertThat(read.version()).isEqualTo(version.get());
    BatchRun end = next.ended(Optional.empty(), TALLY, now);
    assertThat(batches.compareAndSet(read, end).join()).isPresent();
    assertThat(batches.read(batch.spec().id()).join().orElseThrow().run()).isEqualTo(end);
  }

  @Test
  void cut_isTheFirstOne_forEver() {
    Batch batch = created(spec());
    Cut first = new Cut(Cut.Kind.CANCELLED, now);
    assertThat(batches.cut(batch.spec().id(), first).join()).contains(first);
    Cut second = new Cut(Cut.Kind.EXPIRED, now.plusSeconds(9));
    assertThat(batches.cut(batch.spec().id(), second).join()).contains(first);
    Batch read = batches.read(batch.spec().id()).join().orElseThrow();
    assertThat(read.cut()).contains(first);
    assertThat(read.version()).as("of the run alone").isEqualTo(batch.version());
    assertThat(batches.compareAndSet(batch, batch.run().started(1, now)).join()).isPresent();
    assertThat(batches.read(batch.spec().id()).join().orElseThrow().cut()).contains(first);
  }

  @Test
  void open_isAllowedUntilTheCut_andForWhatHasBegun() {
    BatchSpec spec = created(spec()).spec();
    assertThat(batches.open(spec.id(), 0).join()).isTrue();
    assertThat(batches.open(spec.id(), 0).join()).isTrue();
    batches.cut(spec.id(), new Cut(Cut.Kind.CANCELLED, now)).join();
    assertThat(batches.open(spec.id(), 0).join()).isTrue();
    assertThat(batches.open(spec.id(), 1).join()).isFalse();
    assertThat(batches.open(spec.id(), 10).join()).isFalse();
    assertThat(progress(spec).open()).containsExactly(0);
    assertThat(progress(spec).done()).isEmpty();
  }

  @Test
  void finish_isFinal_andMayBeRepeated() {
    BatchSpec spec = created(spec()).spec();
    batches.open(spec.id(), 3).join();
    batches.finish(spec.id(), 3, TALLY).join();
    batches.finish(spec.id(), 3, TALLY).join();
    assertThat(batches.open(spec.id(), 3).join()).isTrue();
    assertThat(progress(spec).done()).isEqualTo(Map.of(3, TALLY));
    assertThat(progress(spec).open()).isEmpty();
    batches.cut(spec.id(), new Cut(Cut.Kind.EXPIRED, now)).join();
    assertThat(batches.open(spec.id(), 3).join()).isTrue();
    assertThat(progress(spec).done()).isEqualTo(Map.of(3, TALLY));
  }

  @Test
  void read_leavesOutTheSegments() {
    Batch batch = created(spec());
    IntStream.range(0, 50).forEach(s -> batches.open(batch.spec().id(), s).join());
    assertThat(batches.read(batch.spec().id()).join()).contains(batch);
    assertThat(progress(batch.spec()).open()).hasSize(50);
  }

  @Test
  void openAndCut_decideConsistently_whenTheyRace() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 100; round++) {
        BatchSpec spec = created(spec()).spec();
        List<CompletableFuture<Boolean>> opens = new ArrayList<>();
        CompletableFuture<Optional<Cut>> cut = new CompletableFuture<>();
        for (int i = 0; i < 6; i++) {
          int segment = i / 2; // each asked for twice
          opens.add(
              CompletableFuture.supplyAsync(
                  () -> batches.open(spec.id(), segment).join(), threads));
          if (i == 2) {
            cut =
                CompletableFuture.supplyAsync(
                    () -> batches.cut(spec.id(), new Cut(Cut.Kind.CANCELLED, now)).join(), threads);
          }
        }
        assertThat(cut.join()).isPresent();
        Set<Integer> begun = progress(spec).open();
        for (int i = 0; i < 6; i++) {
          assertThat(opens.get(i).join()).as("segment " + i / 2).isEqualTo(begun.contains(i / 2));
        }
        assertThat(progress(spec).open()).as("nothing begins after the cut").isEqualTo(begun);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void lines_comeInOrder_andOnlyOfTheirSegment() {
    BatchSpec spec = created(spec()).spec();
    putLines(spec, 0, 600);
    putLines(spec(), 0, 5);
    assertThat(numbers(spec, 0)).isEqualTo(IntStream.range(0, 256).boxed().toList());
    assertThat(numbers(spec, 1)).isEqualTo(IntStream.range(256, 512).boxed().toList());
    assertThat(numbers(spec, 2)).isEqualTo(IntStream.range(512, 600).boxed().toList());
    assertThat(numbers(spec, 3)).isEmpty();
    Job first = batches.lines(spec.id(), 2, Set.of(JobStore.Part.REQUEST)).join().get(0);
    assertThat(first.request()).contains(prompt("line 512"));
    assertThat(first.spec()).isEqualTo(line(spec, 512));
  }

  @Test
  void line_isReadAndChangedAsAnyJob() {
    BatchSpec spec = created(spec()).spec();
    putLines(spec, 0, 3);
    JobSpec line = line(spec, 1);
    Job waiting = store.read(line.id(), JobStoreContract.ALL_PARTS).join().orElseThrow();
    assertThat(waiting.run().state()).isEqualTo(JobState.PENDING);
    Job ended = completed(line);
    assertThat(store.compareAndSet(waiting, waiting.run(), Optional.empty()).join()).isEmpty();
    Job read = store.read(line.id(), JobStoreContract.ALL_PARTS).join().orElseThrow();
    assertThat(read.run()).isEqualTo(ended.run());
    assertThat(read.result().map(r -> new String(r, UTF_8))).contains("{\"a\":1}");
    assertThat(store.absent(List.of(line.id(), line(spec, 7).id())).join())
        .containsExactly(line(spec, 7).id());
    assertThat(store.list(owner, JobFilter.ALL, 10, Optional.empty()).join().jobs()).isEmpty();
  }

  @Test
  void putLines_changesNothing_whenTheLineHasBeenWorkedOn() {
    BatchSpec spec = created(spec()).spec();
    putLines(spec, 0, 3);
    Job ended = completed(line(spec, 1));
    Job waiting = store.read(line(spec, 2).id(), Set.of()).join().orElseThrow();
    putLines(spec, 0, 3);
    List<Job> read = batches.lines(spec.id(), 0, JobStoreContract.ALL_PARTS).join();
    assertThat(read).hasSize(3);
    assertThat(read.get(1).run()).isEqualTo(ended.run());
    assertThat(read.get(1).version()).isEqualTo(ended.version());
    assertThat(read.get(1).result()).isPresent();
    assertThat(read.get(1).request()).contains(prompt("line 1"));
    assertThat(read.get(2).version()).isEqualTo(waiting.version());
    assertThat(completed(line(spec, 2)).run().state()).isEqualTo(JobState.COMPLETED);
  }

  @Test
  void putLines_doesNotBringBack_whatWasErased() {
    BatchSpec spec = created(spec()).spec();
    putLines(spec, 0, 2);
    Job ended = completed(line(spec, 1));
    var erased = new Jobs(store, Clock.systemUTC()).apply(ended, new JobEvent.Erase()).join();
    assertThat(erased).isInstanceOf(Jobs.Applied.Done.class);
    putLines(spec, 0, 2);

    Job read = batches.lines(spec.id(), 0, JobStoreContract.ALL_PARTS).join().get(1);
    assertThat(read.run().erased()).isTrue();
    assertThat(read.request()).isEmpty();
    assertThat(read.result()).isEmpty();
  }

  @Test
  void plans_comeInPages() {
    BatchSpec spec = created(spec()).spec();
    for (int segment : new int[] {0, 1, 2, 10, 1_000}) {
      batches.putPlan(spec.id(), segment, ("plan " + segment).getBytes(UTF_8)).join();
    }
    batches.putPlan(spec.id(), 2, "again".getBytes(UTF_8)).join();
    batches.putPlan(spec().id(), 3, "another's".getBytes(UTF_8)).join();
    assertThat(batches.plans(spec.id(), 0, 3).join().keySet()).containsExactly(0, 1, 2);
    assertThat(batches.plans(spec.id(), 0, 3).join().get(2)).isEqualTo("again".getBytes(UTF_8));
    assertThat(batches.plans(spec.id(), 3, 3).join().keySet()).containsExactly(10, 1_000);
    assertThat(batches.plans(spec.id(), 1_001, 3).join()).isEmpty();
  }

  @Test
  void lists_goFromTheNewest_bothWays() {
    List<BatchId> newestFirst = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      newestFirst.add(0, created(spec(now.plusMillis(i))).spec().id());
    }
    created(Batches.spec(BatchId.random(), owner, BatchProtocol.ANTHROPIC, now.plusMillis(3)));
    Owner other = new Owner(owner.name() + "x");
    BatchSpec others = Batches.spec(BatchId.random(), other, BatchProtocol.OPENAI, now);
    created(others);

    assertThat(listed(Optional.empty(), 100)).isEqualTo(newestFirst);
    assertThat(listed(Optional.empty(), 2)).isEqualTo(newestFirst.subList(0, 2));
    assertThat(listed(Optional.of(newestFirst.get(1)), 3)).isEqualTo(newestFirst.subList(2, 5));
    assertThat(listed(Optional.of(newestFirst.get(5)), 3)).isEmpty();
    assertThat(listed(Optional.of(others.id()), 3)).isEmpty();
    assertThat(before(newestFirst.get(4), 2)).isEqualTo(newestFirst.subList(2, 4));
    assertThat(before(newestFirst.get(1), 9)).isEqualTo(newestFirst.subList(0, 1));
    assertThat(before(newestFirst.get(0), 9)).isEmpty();
    assertThat(before(others.id(), 9)).isEmpty();
    assertThat(batches.list(owner, BatchProtocol.ANTHROPIC, Optional.empty(), 9).join()).hasSize(1);
    assertThat(ids(batches.list(other, BatchProtocol.OPENAI, Optional.empty(), 9).join()))
        .containsExactly(others.id());
  }

  private List<BatchId> before(BatchId id, int limit) {
    return ids(batches.listBefore(owner, BatchProtocol.OPENAI, id, limit).join());
  }

  @Test
  void delete_removesEverything_andMayBeRepeated() {
    Batch batch = created(spec());
    BatchSpec spec = batch.spec();
    putLines(spec, 0, 600);
    IntStream.range(0, 3).forEach(s -> batches.putPlan(spec.id(), s, new byte[] {1}).join());
    batches.compareAndSet(batch, batch.run().started(600, now)).join();
    Batch started = batches.read(spec.id()).join().orElseThrow();
    batches.delete(started).join();
    batches.delete(started).join();
    assertThat(batches.read(spec.id()).join()).isEmpty();
    assertThat(listed(Optional.empty(), 10)).isEmpty();
    assertThat(batches.plans(spec.id(), 0, 10).join()).isEmpty();
    for (int segment = 0; segment < 3; segment++) {
      assertThat(numbers(spec, segment)).isEmpty();
    }
    assertThat(batches.isDeleted(spec.id()).join()).isTrue();
    BatchStore.Creation again = batches.create(spec).join();
    assertThat(again.created()).isFalse();
    assertThat(again.isDeleted()).as("its id is not given again").isTrue();
    assertThat(batches.read(spec.id()).join()).isEmpty();
    assertThat(listed(Optional.empty(), 10)).isEmpty();
    assertThat(batches.isDeleted(created(spec()).spec().id()).join()).isFalse();
    assertThat(batches.isDeleted(BatchId.random()).join()).isFalse();
  }

  /** Workers may hear of a batch's end long after it was deleted. */
  @Test
  void nothingIsWritten_ofADeletedBatch() {
    Batch batch = created(spec());
    BatchId id = batch.spec().id();
    assertThat(batches.open(id, 0).join()).isTrue();
    batches.delete(batch).join();

    assertThat(batches.open(id, 0).join()).as("a segment that had begun").isFalse();
    assertThat(batches.open(id, 1).join()).as("a segment that had not").isFalse();
    batches.finish(id, 0, SegmentTally.NONE).join();
    assertThat(batches.cut(id, new Cut(Cut.Kind.EXPIRED, now)).join()).isEmpty();
    assertThat(batches.progress(id).join()).isEmpty();
    assertThat(batches.open(id, 0).join()).isFalse();
  }

  @Test
  void progressOfASegment_knowsThatSegmentAlone() {
    BatchSpec spec = created(spec()).spec();
    IntStream.range(0, 3).forEach(s -> assertThat(batches.open(spec.id(), s).join()).isTrue());
    batches.finish(spec.id(), 2, SegmentTally.NONE).join();

    assertThat(batches.progress(spec.id(), 1).join().orElseThrow().open()).containsExactly(1);
    BatchProgress last = batches.progress(spec.id(), 2).join().orElseThrow();
    assertThat(last.open()).isEmpty();
    assertThat(last.done()).containsOnlyKeys(2);
    assertThat(batches.progress(spec.id(), 7).join().orElseThrow().isUntouched(7)).isTrue();
  }
}
