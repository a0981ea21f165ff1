package io.promptbeam.local.run;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.JobSubmitter;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a file's lines to jobs and their results to lines: one thread submits in bulk, the caller's
 * follows the oldest jobs by bulk reads and writes what has ended. One use.
 */
public final class FileRun {
  /** Submitted and unfinished jobs; a longer file waits, so memory is bounded. */
  static final int MAX_OUTSTANDING = 50_000;

  /**
   * Jobs end in roughly the order they came, so every look is at so many of the oldest; and at as
   * many others, because models differ in speed.
   */
  static final int FOLLOWED = 1_000;

  private static final int LAST_LOOK_SECONDS = 2;
  private static final Logger log = LoggerFactory.getLogger(FileRun.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(300);

  private final Parts parts;
  private final Patience.Sleeper sleeper;
  private final Patience patience;
  private final Outstanding outstanding = new Outstanding(MAX_OUTSTANDING);
  private final Summary summary = new Summary();
  private final ReadSize readSize = new ReadSize();
  private volatile @Nullable Thread runner;

  /**
   * What a run works with; it closes none of it.
   *
   * @param pipelineEnded whether the pipeline of this process, if it has one, ended by itself
   */
  public record Parts(
      JobStore store,
      JobSubmitter submitter,
      LineSubmissions submissions,
      ResultLines results,
      RunListener listener,
      BooleanSupplier pipelineEnded,
      Clock clock) {}

  /**
   * What became of the lines.
   *
   * @param notDone lines without a result, because the run was stopped or its pipeline ended
   * @param pipelineEnded whether lines have no result because no pipeline was left to run them
   */
  public record Outcome(Summary summary, Duration wall, long notDone, boolean pipelineEnded) {}

  public FileRun(Parts parts) {
    this(parts, time -> Thread.sleep(time.toMillis()));
  }

  FileRun(Parts parts, Patience.Sleeper sleeper) {
    this.parts = parts;
    this.sleeper = sleeper;
    this.patience = new Patience(sleeper);
  }

  /** Lets {@link #run} return soon, with what has ended until then. From any thread. */
  public void stop() {
    outstanding.close();
    Thread thread = runner;
    if (thread != null) {
      // It may be waiting for a store that ended before us: a terminal interrupts all processes.
      thread.interrupt();
    }
  }

  /**
   * Runs all lines. Blocks.
   *
   * @param total lines that are not blank, if known
   * @throws IOException when input or output fail, or the store does not answer for long
   */
  public Outcome run(JobLines lines, OptionalLong total) throws IOException, InterruptedException {
    Instant start = parts.clock().instant();
    runner = Thread.currentThread();
    LineSubmitter submitter = new LineSubmitter(lines, parts, outstanding, patience);
    ExecutorService thread = Executors.newSingleThreadExecutor(FileRun::daemon);
    boolean finished = true;
    try {
      finished = follow(submitter, thread.submit(submitter), total);
    } catch (InterruptedException e) {
      if (!outstanding.isClosed()) {
        throw e;
      }
      collectRest(submitter);
    } finally {
      outstanding.close();
      thread.shutdownNow();
      parts.results().flush();
    }
    Duration wall = Duration.between(start, parts.clock().instant());
    long known = total.orElse(submitter.linesRead());
    return new Outcome(
        summary, wall, Math.max(0, known - summary.completed() - summary.failed()), !finished);
  }

  /** False when it gave up, because nobody is left to do the rest. */
  private boolean follow(LineSubmitter submitter, Future<?> submitting, OptionalLong total)
      throws IOException, InterruptedException {
    boolean allSubmitted = false;
    while (!(allSubmitted && outstanding.isEmpty()) && !outstanding.isClosed()) {
      // Asked before looking: what is submitted meanwhile is seen by the next look.
      allSubmitted = submitting.isDone();
      boolean pipelineEnded = parts.pipelineEnded().getAsBoolean();
      look(submitter);
      parts.listener().onProgress(counts(submitter, total, allSubmitted));
      rethrowFailure(submitting, allSubmitted);
      if (pipelineEnded && !outstanding.isEmpty()) {
        collectRest(submitter);
        return false;
      }
      if (!(allSubmitted && outstanding.isEmpty())) {
        sleeper.sleep(BETWEEN_LOOKS);
      }
    }
    if (outstanding.isClosed()) {
      throw new InterruptedException("stopped");
    }
    return true;
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "submit-lines");
    thread.setDaemon(true);
    return thread;
  }

  private Progress.Counts counts(
      LineSubmitter submitter, OptionalLong total, boolean allSubmitted) {
    OptionalLong known =
        total.isEmpty() && allSubmitted ? OptionalLong.of(submitter.linesRead()) : total;
    return new Progress.Counts(known, summary.completed(), summary.failed());
  }

  private static void rethrowFailure(Future<?> submitting, boolean done)
      throws IOException, InterruptedException {
    if (!done) {
      return;
    }
    try {
      submitting.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException("submitting failed", e.getCause());
    }
  }

  private void look(LineSubmitter submitter) throws IOException, InterruptedException {
    writeRejected(submitter);
    writeEnded(outstanding.oldestAndSomeOthers(FOLLOWED));
    parts.results().flush();
  }

  /**
   * When the run ends early, everything that has ended by now counts, if the store still answers.
   */
  private void collectRest(LineSubmitter submitter) throws IOException {
    writeRejected(submitter);
    List<JobId> ids = new ArrayList<>(outstanding.oldest(MAX_OUTSTANDING));
    try {
      for (int from = 0; from < ids.size(); from += FOLLOWED) {
        List<JobId> part = ids.subList(from, Math.min(ids.size(), from + FOLLOWED));
        Map<JobId, Job> states =
            parts.store().read(part, Set.of()).get(LAST_LOOK_SECONDS, TimeUnit.SECONDS);
        writeResults(ended(part, states));
      }
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      log.info("Not all results could be collected at the end", e);
    }
  }

  private static List<JobId> ended(Collection<JobId> ids, Map<JobId, Job> states) {
    return ids.stream()
        .filter(id -> states.containsKey(id) && states.get(id).run().state().isTerminal())
        .toList();
  }

  private void writeRejected(LineSubmitter submitter) throws IOException {
    for (Optional<InputLine.Rejected> next = submitter.nextRejected();
        next.isPresent();
        next = submitter.nextRejected()) {
      reject(next.get());
    }
  }

  private void writeEnded(Collection<JobId> ids) throws IOException, InterruptedException {
    if (ids.isEmpty()) {
      return;
    }
    Map<JobId, Job> states = patience.await(() -> parts.store().read(ids, Set.of()));
    for (JobId id : ids) {
      if (!states.containsKey(id)) {
        writeGone(id);
      }
    }
    writeResults(ended(ids, states));
  }

  private void writeGone(JobId id) throws IOException {
    Optional<Outstanding.Line> line = outstanding.remove(id);
    if (line.isPresent()) {
      reject(
          new InputLine.Rejected(
              line.get().number(),
              Optional.of(line.get().customId()),
              "job_gone",
              "The job is no longer in the store."));
    }
  }

  private void reject(InputLine.Rejected rejected) throws IOException {
    parts.results().write(rejected);
    summary.addRejected();
    parts.listener().onRejected(rejected);
  }

  private static long resultBytes(Job job) {
    return job.result().map(bytes -> bytes.length).orElse(0);
  }

  private void writeResults(List<JobId> ids) throws IOException, InterruptedException {
    int to;
    for (int from = 0; from < ids.size(); from = to) {
      to = Math.min(ids.size(), from + readSize.next());
      List<JobId> part = ids.subList(from, to);
      Map<JobId, Job> jobs =
          patience.await(() -> parts.store().read(part, Set.of(JobStore.Part.RESULT)));
      readSize.noteLargest(jobs.values().stream().mapToLong(FileRun::resultBytes).max().orElse(0));
      for (JobId id : part) {
        Job job = jobs.get(id);
        Optional<Outstanding.Line> line = outstanding.remove(id);
        if (job != null && line.isPresent()) {
          parts.results().write(line.get().number(), line.get().customId(), job);
          summary.add(job);
        }
      }
    }
  }
}
