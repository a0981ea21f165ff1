package io.promptbeam.pipeline.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.engine.SegmentEnding;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.engine.SegmentPlan;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.FileLines;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.submit.BatchLineParser;
import io.promptbeam.submit.BatchLineParser.Parsed;
import io.promptbeam.submit.BatchValidation;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a batch from its file to its lines' rows: all lines are looked at, then written, segment by
 * segment, each followed by its plan; the last segment's plan comes after all others, so that it
 * tells that nothing is missing. May be broken off anywhere, begun again, and run several times at
 * once: every write is the same, whoever makes it. Blocks.
 */
final class Expansion {
  private static final Logger LOG = LoggerFactory.getLogger(Expansion.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SEGMENTS_IN_FLIGHT = 12;
  private static final long BYTES_IN_FLIGHT = 48_000_000;
  private static final int PLANS_PER_READ = 100;
  private static final Duration LOOK = Duration.ofMillis(300);

  private final JobStore store;
  private final EndedNotices notices;
  private final BatchLineParser parser;
  private final Clock clock;
  private final int maxLines;
  private final BatchId id;
  private final Consumer<SegmentItem> onReady;
  private Instant nextLook = Instant.MIN;

  /**
   * @param onReady takes what can be worked on, as it gets ready; on any thread
   */
  Expansion(
      JobStore store,
      EndedNotices notices,
      BatchLineParser parser,
      Clock clock,
      int maxLines,
      BatchId id,
      Consumer<SegmentItem> onReady) {
    this.store = store;
    this.notices = notices;
    this.parser = parser;
    this.clock = clock;
    this.maxLines = maxLines;
    this.id = id;
    this.onReady = onReady;
  }

  /**
   * Does what is left to do.
   *
   * @throws StoreUnavailableException when that is to be tried again
   */
  void run() {
    Optional<Batch> batch = await(store.batches().read(id));
    while (batch.isPresent() && batch.get().run().status() == BatchStatus.VALIDATING) {
      validate(batch.get());
      batch = await(store.batches().read(id));
    }
    if (batch.isPresent() && batch.get().run().status() == BatchStatus.IN_PROGRESS) {
      if (batch.get().cut().isEmpty()) {
        write();
      }
      // If it is cut now and nothing had begun, nobody else will end it.
      await(new SegmentEnding(store, notices, clock).batch(id));
    }
  }

  private void validate(Batch batch) {
    Optional<StoredFile> file = await(store.files().read(batch.spec().input()));
    var found =
        file.isEmpty()
            ? BatchValidation.Found.problem(0, "file_not_found", "The file is gone.")
            : new BatchValidation(parser, maxLines)
                .validate(
                    batch.spec(),
                    new FileLines(store.files(), file.get()),
                    () -> cut().isPresent());
    Optional<Cut> cut = cut();
    Instant now = clock.instant();
    BatchRun next = found.applyTo(batch.run(), now);
    if (cut.isPresent() && !next.status().isTerminal()) {
      var none = SegmentTally.NONE.plusCut(found.lines(), cut.get().kind());
      next = next.ended(cut, none, now);
    }
    // Empty when somebody else came first, with the same findings.
    Optional<String> written = await(store.batches().compareAndSet(batch, next));
    if (written.isPresent() && next.status().isTerminal()) {
      await(notices.ended(new Batch(batch.spec(), next, cut, written.get())));
    }
    LOG.info("{}: {} lines, {} problems", id, found.lines(), found.problems());
  }

  private Optional<Cut> cut() {
    return await(store.batches().read(id)).flatMap(Batch::cut);
  }

  /**
   * Asks now and then: a cut forbids its segments to begin, whether their lines are there or not.
   */
  private boolean goesOn() {
    Instant now = clock.instant();
    if (now.isBefore(nextLook)) {
      return true;
    }
    nextLook = now.plus(LOOK);
    return await(store.batches().read(id)).filter(batch -> batch.cut().isEmpty()).isPresent();
  }

  private void write() {
    Optional<BatchProgress> progress = await(store.batches().progress(id));
    if (progress.isEmpty()) {
      return;
    }
    Set<Integer> planned = handOnWhatIsPlanned(progress.get());
    int last = progress.get().segments() - 1;
    if (planned.contains(last)) {
      return;
    }
    Batch batch = progress.get().batch();
    Optional<StoredFile> file = await(store.files().read(batch.spec().input()));
    if (file.isEmpty()) {
      LOG.warn("{}: its file was removed while it was expanded; the rest is cancelled", id);
      var unused = await(store.batches().cut(id, new Cut(Cut.Kind.CANCELLED, clock.instant())));
      return;
    }
    write(batch, new FileLines(store.files(), file.get()), planned, last);
  }

  /** Also of segments that somebody may be working on: being handed on again is harmless. */
  private Set<Integer> handOnWhatIsPlanned(BatchProgress progress) {
    Set<Integer> planned = new HashSet<>();
    int from = 0;
    while (true) {
      var page = await(store.batches().plans(id, from, PLANS_PER_READ));
      if (page.isEmpty()) {
        return planned;
      }
      for (var each : page.entrySet()) {
        planned.add(each.getKey());
        from = each.getKey() + 1;
        if (!progress.done().containsKey(each.getKey())) {
          SegmentPlan.decode(each.getValue()).forEach(onReady);
        }
      }
    }
  }

  private record Writing(CompletableFuture<Void> done, long bytes) {}

  private void write(Batch batch, FileLines file, Set<Integer> planned, int last) {
    Deque<Writing> writing = new ArrayDeque<>();
    SegmentDraft draft = null;
    int lines = batch.run().lines();
    for (int number = 0; number < lines; number++) {
      var line = file.next();
      if (line.isEmpty()) {
        break;
      }
      int segment = number / BatchLine.PER_SEGMENT;
      if (planned.contains(segment)) {
        continue;
      }
      if (draft == null || draft.segment() != segment) {
        if (draft != null) {
          write(draft, writing);
        }
        if (!goesOn()) {
          writing.forEach(each -> await(each.done()));
          return;
        }
        draft = new SegmentDraft(store.batches(), batch, segment);
      }
      draft.add(number, good(batch, line.get()), line.get().bytes().map(b -> b.length).orElse(0));
    }
    if (draft != null && draft.segment() != last) {
      write(draft, writing);
      draft = null;
    }
    writing.forEach(each -> await(each.done()));
    if (draft != null) {
      await(written(draft));
    }
  }

  private void write(SegmentDraft draft, Deque<Writing> writing) {
    writing.add(new Writing(written(draft), draft.bytes()));
    while (writing.size() > SEGMENTS_IN_FLIGHT
        || writing.stream().mapToLong(Writing::bytes).sum() > BYTES_IN_FLIGHT) {
      await(writing.remove().done());
    }
  }

  private CompletableFuture<Void> written(SegmentDraft draft) {
    List<SegmentItem> items = draft.items();
    return draft
        .lines()
        .thenCompose(
            done -> store.batches().putPlan(id, draft.segment(), SegmentPlan.encode(items)))
        .thenRun(() -> items.forEach(onReady));
  }

  private Parsed.Good good(Batch batch, FileLines.Line line) {
    Parsed parsed = parser.parse(batch.spec(), line);
    return parsed instanceof Parsed.Good good ? good : nowBad(batch, line);
  }

  /** It was good when it was validated: its model is gone. It fails by itself, uncalled. */
  private static Parsed.Good nowBad(Batch batch, FileLines.Line line) {
    JsonNode json = json(line);
    return new Parsed.Good(
        json.path("custom_id").asText(),
        json.path("body").path("model").asText(json.path("params").path("model").asText("?")),
        new LlmRequest.Native(batch.spec().endpoint(), JsonNodeFactory.instance.objectNode()),
        0,
        0);
  }

  private static JsonNode json(FileLines.Line line) {
    try {
      return JSON.readTree(line.bytes().orElse(new byte[] {'{', '}'}));
    } catch (IOException e) {
      return JsonNodeFactory.instance.objectNode();
    }
  }

  private static <T> T await(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreUnavailableException cause ? cause : e;
    }
  }
}
