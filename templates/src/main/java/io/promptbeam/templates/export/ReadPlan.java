package io.promptbeam.templates.export;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.job.Owner;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.JobScan;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Divides the reading for a request. Blocks. */
final class ReadPlan {
  private static final Logger log = LoggerFactory.getLogger(ReadPlan.class);
  private static final int BATCHES_PER_PAGE = 100;

  /** Of one part of an owner's jobs. */
  private static final int SLICES = 16;

  private static final Duration SMALLEST_SLICE = Duration.ofHours(1);

  private final JobScan scan;
  private final ExportRequest request;

  ReadPlan(JobScan scan, ExportRequest request) {
    this.scan = scan;
    this.request = request;
  }

  void tasks(Consumer<ReadTask> to) {
    if (request.source() instanceof ExportRequest.Source.OneBatch batch) {
      segments(batch, to);
    } else if (request.source() instanceof ExportRequest.Source.Times times) {
      if (request.owner().isPresent()) {
        owned(request.owner().get(), times, to);
      } else {
        scan.ranges().forEach(range -> to.accept(new ReadTask.Rows(range.start(), range.end())));
      }
    }
  }

  private void segments(ExportRequest.Source.OneBatch asked, Consumer<ReadTask> to) {
    // Another owner's batch is as none: what may be known of it is its owner's affair.
    BatchProgress progress =
        scan.batches()
            .progress(asked.id())
            .join()
            .filter(found -> found.batch().spec().protocol() == asked.protocol())
            .filter(found -> isOf(found.batch()))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "there is no batch "
                            + asked.text()
                            + request.owner().map(owner -> " of owner " + owner).orElse("")));
    if (!progress.batch().run().status().isTerminal()) {
      log.warn("{} has not ended: what has not ended of it is left out", asked.text());
    }
    segments(progress, to);
  }

  private boolean isOf(Batch batch) {
    return request.owner().map(batch.spec().owner()::equals).orElse(true);
  }

  private void segments(BatchProgress progress, Consumer<ReadTask> to) {
    if (progress.batch().run().startedAt().isEmpty()) {
      return;
    }
    String batch = progress.batch().spec().id().hex();
    for (int segment = 0; segment < progress.segments(); segment++) {
      int number = segment;
      if (request.states().stream().anyMatch(state -> progress.mayHold(number, state))) {
        to.accept(new ReadTask.Segment(batch, number));
      }
    }
  }

  private void owned(Owner owner, ExportRequest.Source.Times times, Consumer<ReadTask> to) {
    Duration all = Duration.between(times.from(), times.to());
    Duration slice = all.dividedBy(SLICES).plusMillis(1);
    slice = slice.compareTo(SMALLEST_SLICE) < 0 ? SMALLEST_SLICE : slice;
    for (Instant from = times.from(); from.isBefore(times.to()); from = from.plus(slice)) {
      Instant end = from.plus(slice);
      for (int part = 0; part < JobScan.OWNER_PARTS; part++) {
        to.accept(new ReadTask.Owned(part, from, end.isBefore(times.to()) ? end : times.to()));
      }
    }
    for (BatchProtocol protocol : BatchProtocol.values()) {
      batches(owner, protocol, times, to);
    }
  }

  /** Lines are as old as their batch. */
  private void batches(
      Owner owner,
      BatchProtocol protocol,
      ExportRequest.Source.Times times,
      Consumer<ReadTask> to) {
    BatchStore batches = scan.batches();
    Optional<BatchId> after = Optional.empty();
    while (true) {
      List<Batch> page = batches.list(owner, protocol, after, BATCHES_PER_PAGE).join();
      for (Batch batch : page) {
        if (times.contain(batch.spec().createdAt())) {
          batches.progress(batch.spec().id()).join().ifPresent(found -> segments(found, to));
        }
      }
      if (page.isEmpty() && after.isPresent() && batches.read(after.get()).join().isEmpty()) {
        throw new IllegalStateException(
            "batch "
                + after.get()
                + " was deleted while the batches were listed; to be tried again");
      }
      // A page may be short: rows in the list that no batch stands for are left out of it.
      if (page.isEmpty() || page.get(page.size() - 1).spec().createdAt().isBefore(times.from())) {
        return;
      }
      after = Optional.of(page.get(page.size() - 1).spec().id());
    }
  }
}
