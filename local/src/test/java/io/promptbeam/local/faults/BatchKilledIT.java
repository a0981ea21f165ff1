package io.promptbeam.local.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.models.batches.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Job;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.OpenAiBatches;
import io.promptbeam.local.cli.Program;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.store.BatchStore;
import io.promptbeam.testing.FaultyProxy.Mode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One batch, by OpenAI's own client, through a service and a pipeline that are killed again and
 * again on its way. Kills of the pipeline lie within a lease of each other, so that no line meets
 * two.
 */
@Timeout(300)
class BatchKilledIT {
  private static final int LINES = 3_000;
  private static final int IN_FLIGHT = 100;
  private static final double REFUSED = 0.02;

  private static final Simulation PROVIDER =
      new Simulation(7, Duration.ofMillis(300), 0.4, 0, REFUSED, 0, OptionalLong.empty());

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final EmbeddedPubsub queue;
  private final Machines machines;
  private final Calls calls;
  private final OpenAiBatches client;
  private final OpenAiBatches impatient;
  private final long startNanos = System.nanoTime();

  private Program service;

  /** Lines and attempts that a pipeline had claimed when it was killed. */
  private final Set<String> inFlightAtKills = new HashSet<>();

  BatchKilledIT(@TempDir Path directory) throws Exception {
    queue = EmbeddedPubsub.start();
    machines = new Machines(directory, Machines.portOf(queue.hostAndPort()), PROVIDER, IN_FLIGHT);
    // Nine processes are started one after the other: that they start soon is what counts.
    machines.environment.put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    calls = new Calls(machines.provider);
    client = new OpenAiBatches(machines.apiPort(), 10);
    impatient = new OpenAiBatches(machines.apiPort(), 0);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    client.close();
    impatient.close();
    machines.close();
    queue.close();
  }

  @Test
  void batch_hasEveryLineOnceAndItsCountsExact_whenServiceAndPipelineAreKilledOnTheWay()
      throws Exception {
    Future<Program> starting = threads.submit(machines::startPipeline);
    service = machines.startApi();
    killedWhileUploading();
    Program pipeline = starting.get();
    String file = client.upload(lines());
    assertThat(client.files()).as("files, the broken one not among them").containsExactly(file);

    machines.pipelineToStore.mode(Mode.dribble(Duration.ofMillis(1)));
    BatchId id = killedWhileCreating(file);
    String text = id.text(BatchProtocol.OPENAI);
    try (BatchPolls polls = new BatchPolls(machines.service, text, LINES)) {
      // Nothing tells how far it is, but that it cannot have come to the end a byte at a time.
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(3));
      pipeline = killed(pipeline, id, "while the file is read");
      assertThat(status(id)).isEqualTo(BatchStatus.VALIDATING);
      machines.pipelineToStore.mode(Mode.PASS);
      pipeline = started(pipeline);

      awaitFirstRow(id);
      machines.pipelineToStore.mode(Mode.FREEZE_ANSWERS);
      pipeline = killed(pipeline, id, "while lines are written");
      machines.pipelineToStore.mode(Mode.RESET);
      machines.pipelineToStore.mode(Mode.PASS);
      pipeline = started(pipeline);

      awaitCalls(n -> n >= LINES / 3);
      CompletableFuture<Program> restarted = restarted(killed(pipeline, id, "mid-run"));
      killedWhileStreaming(text);
      pipeline = restarted.get(60, TimeUnit.SECONDS);

      awaitCalls(n -> n >= LINES - 300);
      pipeline = started(killed(pipeline, id, "near the end"));
      Batch ended =
          Await.until(
              "the batch has ended",
              Duration.ofSeconds(150),
              () -> client.retrieve(text),
              batch -> !batch.status().toString().matches("validating|in_progress|finalizing"));
      report(ended, polls);
      check(ended, polls);
    }
    assertThat(pipeline.isAlive()).isTrue();
    assertThat(service.isAlive()).isTrue();
  }

  private static String lines() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < LINES; i++) {
      String prompt = Calls.prompt(name(i)) + " Heed this:" + " and this".repeat(60);
      lines.append(OpenAiBatches.line("c-" + i, "m", prompt));
    }
    return lines.toString();
  }

  private static String name(int line) {
    return "line-" + line;
  }

  /** Half of a file is on its way when the service dies; another service starts. */
  private void killedWhileUploading() throws Exception {
    byte[] half = lines().substring(0, lines().length() * 2 / 3).getBytes(UTF_8);
    CountDownLatch sent = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    InputStream waiting =
        new InputStream() {
          @Override
          public int read() throws IOException {
            sent.countDown();
            try {
              never.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return -1;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            return read();
          }
        };
    InputStream whole = new SequenceInputStream(new ByteArrayInputStream(half), waiting);
    Future<String> upload = threads.submit(() -> impatient.upload(whole));
    sent.await();
    service.kill();
    never.countDown();
    assertThatThrownBy(upload::get).hasMessageContaining("OpenAI");
    say("service killed while a file was uploaded");
    service = machines.startApi();
  }

  /** The batch is stored and its client unanswered when the service dies. */
  private BatchId killedWhileCreating(String file) throws Exception {
    machines.apiToQueue.mode(Mode.HANG);
    Future<Batch> creation = threads.submit(() -> client.create(file, "24h"));
    BatchId id = Await.until("the batch is stored", this::stored, s -> !s.isEmpty()).get(0);
    assertThat(creation.isDone()).as("answered").isFalse();
    service.kill();
    machines.apiToQueue.mode(Mode.RESET);
    machines.apiToQueue.mode(Mode.PASS);
    say("service killed while the batch was created");
    service = machines.startApi();
    assertThat(creation.get(60, TimeUnit.SECONDS).id()).isEqualTo(id.text(BatchProtocol.OPENAI));
    assertThat(stored()).as("batches of one creation").containsExactly(id);
    return id;
  }

  private List<BatchId> stored() throws Exception {
    return batches().list(Owner.LOCAL, BatchProtocol.OPENAI, Optional.empty(), 10).get().stream()
        .map(batch -> batch.spec().id())
        .toList();
  }

  /** The output file is being read when the service dies; another service starts. */
  private void killedWhileStreaming(String id) throws Exception {
    String output = client.retrieve(id).outputFileId().orElseThrow();
    long whole = impatient.lines(output).size();
    AtomicInteger received = new AtomicInteger();
    boolean broke = false;
    try {
      impatient.content(
          output,
          body -> {
            countLineEnd(body.read(), received);
            machines.apiToStore.mode(Mode.HANG);
            service.kill();
            machines.apiToStore.mode(Mode.RESET);
            machines.apiToStore.mode(Mode.PASS);
            for (int c = body.read(); c >= 0; c = body.read()) {
              countLineEnd(c, received);
            }
          });
    } catch (IOException e) {
      broke = true;
    }
    say(
        "service killed while %,d lines were streamed: %,d came, then %s"
            .formatted(whole, received.get(), broke ? "an error" : "the end"));
    assertThat(broke || received.get() >= whole).as("a short file looks short").isTrue();
    service = machines.startApi();
  }

  private static void countLineEnd(int c, AtomicInteger lines) {
    if (c == '\n') {
      lines.incrementAndGet();
    }
  }

  private Program killed(Program pipeline, BatchId id, String when) throws Exception {
    pipeline.kill();
    int before = inFlightAtKills.size();
    Instant now = Instant.now();
    List<Job> lines = rows(id);
    for (Job line : lines) {
      if (line.run().leaseIsLive(now)) {
        inFlightAtKills.add(line.spec().id() + "/" + line.run().attempt());
      }
    }
    say(
        "pipeline killed %s: %s, %,d rows of %d segments, %,d calls made, %d in flight"
            .formatted(
                when,
                status(id).wireName(),
                lines.size(),
                batches().plans(id, 0, 100).get().size(),
                calls.ofAll("line-"),
                inFlightAtKills.size() - before));
    return pipeline;
  }

  private Program started(Program killed) throws Exception {
    assertThat(killed.isAlive()).isFalse();
    return machines.startPipeline();
  }

  private CompletableFuture<Program> restarted(Program killed) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return started(killed);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        },
        threads);
  }

  private BatchStore batches() {
    return machines.store.batches();
  }

  private BatchStatus status(BatchId id) throws Exception {
    return batches().read(id).get().orElseThrow().run().status();
  }

  private List<Job> rows(BatchId id) throws Exception {
    List<Job> rows = new ArrayList<>();
    for (int segment = 0; segment < BatchLine.segments(LINES); segment++) {
      rows.addAll(batches().lines(id, segment, Set.of()).get());
    }
    return rows;
  }

  /** All are there some milliseconds later, so it looks without pause. */
  private void awaitFirstRow(BatchId id) throws Exception {
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (batches().lines(id, 0, Set.of()).get().isEmpty()) {
      assertThat(System.nanoTime()).as("waited in vain for a line").isLessThan(endNanos);
    }
  }

  private void awaitCalls(LongPredicate enough) throws Exception {
    Await.until("so many calls", () -> (long) calls.ofAll("line-"), enough::test);
  }

  private void say(String what) {
    System.out.printf("%6.1f s  %s%n", (System.nanoTime() - startNanos) / 1e9, what);
  }

  private void report(Batch ended, BatchPolls polls) {
    var counts = ended.requestCounts().orElseThrow();
    say(
        "%s: %,d of %,d completed, %,d failed; %s"
            .formatted(
                ended.status(),
                counts.completed(),
                counts.total(),
                counts.failed(),
                polls.describe()));
    say(
        "%,d calls for %,d lines: %,d beyond one each, of %,d in flight at the kills"
            .formatted(
                calls.ofAll("line-"), LINES, calls.ofAll("line-") - LINES, inFlightAtKills.size()));
  }

  private void check(Batch ended, BatchPolls polls) throws IOException {
    var counts = ended.requestCounts().orElseThrow();
    assertThat(ended.status()).isEqualTo(Batch.Status.COMPLETED);
    assertThat(counts.total()).isEqualTo(LINES);
    assertThat(counts.completed() + counts.failed()).isEqualTo(LINES);
    assertThat(counts.failed()).as("some are refused").isPositive();
    assertThat(polls.wrong()).isEmpty();

    List<JsonNode> output = client.lines(ended.outputFileId().orElseThrow());
    List<JsonNode> errors = client.lines(ended.errorFileId().orElseThrow());
    assertThat(output).hasSize((int) counts.completed());
    assertThat(errors).hasSize((int) counts.failed());
    assertThat(numbers(output)).isSorted();
    assertThat(numbers(errors)).isSorted();
    Set<Integer> all = new HashSet<>(numbers(output));
    all.addAll(numbers(errors));
    assertThat(all).as("custom ids, in one file or the other").hasSize(LINES);
    assertThat(errors)
        .allSatisfy(line -> assertThat(line.at("/response/status_code").asInt()).isEqualTo(400));

    assertThat(calls.names()).hasSize(LINES);
    assertThat(calls.ofAll("line-")).isBetween(LINES, LINES + inFlightAtKills.size());
  }

  private static List<Integer> numbers(List<JsonNode> lines) {
    return lines.stream()
        .map(line -> Integer.valueOf(line.path("custom_id").asText().substring("c-".length())))
        .toList();
  }
}
