package io.promptbeam.api.openai;

import io.promptbeam.api.batches.BatchLines;
import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.http.Caller;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.JobState;
import io.promptbeam.store.JobStore;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The files a batch makes: views of its lines, in their order, of what has ended so far. Nothing is
 * stored for them. Thread-safe.
 */
final class OutputFiles {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final BatchReader reader;
  private final BatchLines lines;
  private final OutputLines rendering;
  private final Clock clock;

  OutputFiles(BatchReader reader, BatchLines lines, Supplier<ModelCatalog> catalog, Clock clock) {
    this.reader = reader;
    this.lines = lines;
    this.clock = clock;
    this.rendering = new OutputLines(catalog);
  }

  /** Both are there while the batch runs, and afterwards those that hold a line. */
  static boolean exists(BatchState state, OutputId.Kind kind) {
    BatchRun run = state.batch().run();
    if (run.startedAt().isEmpty()) {
      return false;
    }
    SegmentTally total = state.total();
    long held =
        kind == OutputId.Kind.OUTPUT ? total.completed() : total.ended() - total.completed();
    return !run.status().isTerminal() || held > 0;
  }

  /** When the files go, if that is sooner than the batch; unknown until it has ended. */
  static Optional<Instant> expiresAt(BatchState state) {
    Optional<Instant> ended = state.batch().run().endedAt();
    return state.batch().spec().outputKept().flatMap(kept -> ended.map(at -> at.plus(kept)));
  }

  static boolean isExpired(BatchState state, Instant now) {
    return expiresAt(state).filter(at -> !at.isAfter(now)).isPresent();
  }

  /** The batch whose file it is; empty when the caller sees no such file. */
  CompletableFuture<Optional<BatchState>> find(OutputId id, Caller caller) {
    return reader
        .read(id.batch(), caller, BatchProtocol.OPENAI)
        .thenApply(
            found -> found.filter(s -> exists(s, id.kind()) && !isExpired(s, clock.instant())));
  }

  /** Blocks, for as long as the caller takes to read. */
  void write(BatchState state, OutputId.Kind kind, OutputStream to) throws IOException {
    OutputStream out = new BufferedOutputStream(to, BUFFER_BYTES);
    boolean answers = kind == OutputId.Kind.OUTPUT;
    lines.forEach(
        state.progress(),
        0,
        answers ? Set.of(JobStore.Part.RESULT) : Set.of(),
        line -> {
          JobState at = line.run().state();
          if (at.isTerminal() && (at == JobState.COMPLETED) == answers) {
            rendering.write(line, state.batch().spec().endpoint(), out);
          }
        });
    out.flush();
  }
}
