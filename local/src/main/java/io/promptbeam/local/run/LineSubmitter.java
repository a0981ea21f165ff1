package io.promptbeam.local.run;

import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import java.io.IOException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Reads lines and submits them in bulk, as far as {@link Outstanding} has room. */
final class LineSubmitter implements Callable<Void> {
  private static final int LINES_PER_CHUNK = 500;

  /** No line is begun beyond it; the last may be as long as a line may. */
  static final int BYTES_PER_CHUNK = 16 * 1024 * 1024;

  private final JobLines lines;
  private final LineSubmissions submissions;
  private final JobSubmitter submitter;
  private final Outstanding outstanding;
  private final Patience patience;
  private final Clock clock;
  private final Queue<InputLine.Rejected> rejected = new ConcurrentLinkedQueue<>();
  private final AtomicLong linesRead = new AtomicLong();

  LineSubmitter(JobLines lines, FileRun.Parts parts, Outstanding outstanding, Patience patience) {
    this.lines = lines;
    this.submissions = parts.submissions();
    this.submitter = parts.submitter();
    this.clock = parts.clock();
    this.outstanding = outstanding;
    this.patience = patience;
  }

  @Override
  public Void call() throws IOException, InterruptedException {
    boolean more = true;
    while (more && !outstanding.isClosed()) {
      Map<Submission, InputLine.Accepted> chunk = new LinkedHashMap<>();
      more = fill(chunk);
      if (!chunk.isEmpty() && outstanding.awaitRoom(chunk.size())) {
        // Submitting again after an unclear answer makes no second job: the ids are the same.
        List<Submission> jobs = List.copyOf(chunk.keySet());
        patience.await(() -> submitter.submitAll(jobs));
        chunk.forEach(
            (job, line) ->
                outstanding.add(
                    job.spec().id(), new Outstanding.Line(line.number(), line.customId())));
      }
    }
    return null;
  }

  private boolean fill(Map<Submission, InputLine.Accepted> chunk) throws IOException {
    long bytes = 0;
    while (chunk.size() < LINES_PER_CHUNK && bytes < BYTES_PER_CHUNK && !outstanding.isClosed()) {
      Optional<InputLine> line = lines.next();
      if (line.isEmpty()) {
        return false;
      }
      if (line.get() instanceof InputLine.Accepted usable) {
        bytes += usable.bytes();
      }
      read(line.get(), chunk);
      linesRead.incrementAndGet();
    }
    return true;
  }

  private void read(InputLine line, Map<Submission, InputLine.Accepted> chunk) {
    if (line instanceof InputLine.Rejected unusable) {
      rejected.add(unusable);
    } else if (line instanceof InputLine.Accepted usable) {
      try {
        chunk.put(submissions.submission(usable, clock.instant()), usable);
      } catch (InvalidSubmissionException e) {
        rejected.add(
            new InputLine.Rejected(
                usable.number(),
                Optional.of(usable.customId()),
                e.code(),
                LineSubmissions.explain(e)));
      }
    }
  }

  /** A line that was rejected and is not yet asked for here. */
  Optional<InputLine.Rejected> nextRejected() {
    return Optional.ofNullable(rejected.poll());
  }

  /** Lines read so far that are not blank. From any thread. */
  long linesRead() {
    return linesRead.get();
  }
}
