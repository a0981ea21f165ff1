package io.promptbeam.pipeline.batch;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.FileUpload;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.SimulatedBigtable;
import io.promptbeam.submit.BatchLineParser;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Batches in the real store over tables in memory, for tests from several threads. */
public final class BatchWorld {
  private final LlmClients models;
  private final AtomicInteger writesLeft = new AtomicInteger(Integer.MAX_VALUE);
  private final JobStore store;

  public BatchWorld(LlmClients models) {
    this.models = models;
    SimulatedBigtable tables =
        new SimulatedBigtable(
            new SimulatedBigtable.Observer() {
              @Override
              public void jobWritten(Optional<Job> before, Job after) {}

              @Override
              public void dueAdded(DueEntry entry) {}

              @Override
              public void dueRemoved(DueEntry entry) {}
            });
    store = tables.open(new Link(), Clock.systemUTC(), "test", false);
  }

  private final class Link implements SimulatedBigtable.Link {
    @Override
    public synchronized <T> CompletableFuture<T> send(boolean writes, Supplier<T> effect) {
      if (writes && writesLeft.getAndDecrement() <= 0) {
        return CompletableFuture.failedFuture(SimulatedBigtable.unavailable());
      }
      return CompletableFuture.completedFuture(effect.get());
    }

    @Override
    public Executor after(long millis) {
      return Runnable::run;
    }
  }

  public JobStore store() {
    return store;
  }

  /** The store takes so many more writes, and then none. */
  public void failAfter(int writes) {
    writesLeft.set(writes);
  }

  public static String line(int number, String model) {
    return "{\"custom_id\":\"c-"
        + number
        + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\""
        + model
        + "\",\"messages\":[{\"role\":\"user\",\"content\":\"line "
        + number
        + ".\"}]}}";
  }

  /** A batch of so many lines, whose models take turns. */
  public BatchId create(int lines, String... ofModels) {
    return create(
        IntStream.range(0, lines).mapToObj(i -> line(i, ofModels[i % ofModels.length])).toList(),
        Duration.ofHours(24));
  }

  public BatchId create(List<String> lines, Duration window) {
    FileId file = FileId.random();
    FileUpload upload = new FileUpload(store.files(), file);
    byte[] bytes = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    upload.write(bytes, 0, bytes.length);
    upload.close();
    Instant now = Instant.now();
    store
        .files()
        .complete(
            new StoredFile(
                file,
                Owner.LOCAL,
                "in",
                "batch",
                upload.bytes(),
                upload.chunks(),
                true,
                now,
                Optional.empty()))
        .join();
    BatchSpec spec =
        new BatchSpec(
            BatchId.random(),
            Owner.LOCAL,
            BatchProtocol.OPENAI,
            file,
            "/v1/chat/completions",
            "24h",
            Map.of(),
            now,
            now.plus(window),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    return store.batches().create(spec).join().batch().spec().id();
  }

  /** All that is handed on. */
  public List<SegmentItem> expand(BatchId batch) {
    List<SegmentItem> items = Collections.synchronizedList(new ArrayList<>());
    new Expansion(
            store,
            EndedNotices.none(),
            new BatchLineParser(models::catalog),
            Clock.systemUTC(),
            1_000,
            batch,
            items::add)
        .run();
    return items;
  }

  public void cut(BatchId batch, Cut.Kind kind) {
    var unused = store.batches().cut(batch, new Cut(kind, Instant.now())).join();
  }

  public BatchProgress progress(BatchId batch) {
    return store.batches().progress(batch).join().orElseThrow();
  }

  /** All rows of lines there are. */
  public List<Job> lines(BatchId batch) {
    List<Job> lines = new ArrayList<>();
    int segments = BatchLine.segments(Math.max(1, progress(batch).batch().run().lines()));
    for (int segment = 0; segment < segments; segment++) {
      lines.addAll(store.batches().lines(batch, segment, Set.of()).join());
    }
    return lines;
  }

  public long count(BatchId batch, JobState state) {
    return lines(batch).stream().filter(line -> line.run().state() == state).count();
  }
}
