package io.promptbeam.pipeline;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.JobSpec;
import io.promptbeam.message.JobMessage;
import io.promptbeam.message.JobReference;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the rows of jobs whose whole submission came as a message. Blocks on the store, and asks it
 * again for about ten minutes while it does not answer: giving up ends a DirectRunner's pipeline.
 */
final class InlineJobs {
  private static final Logger log = LoggerFactory.getLogger(InlineJobs.class);
  private static final SparseWarning UNMADE = new SparseWarning(log);
  private static final long STORE_SECONDS = 60;

  /** Before each attempt but the first; together ten minutes. */
  private static final List<Duration> PAUSES =
      IntStream.concat(IntStream.of(1, 2, 4, 8), IntStream.generate(() -> 15).limit(39))
          .mapToObj(Duration::ofSeconds)
          .toList();

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final JobStore store;
  private final SubmissionParser parser;
  private final Sleeper sleeper;

  interface Sleeper {
    void sleep(Duration time) throws InterruptedException;
  }

  InlineJobs(Worker worker) {
    this(worker.store(), worker.clients()::catalog, time -> Thread.sleep(time.toMillis()));
  }

  InlineJobs(JobStore store, Supplier<ModelCatalog> catalog, Sleeper sleeper) {
    this.store = store;
    this.parser = new SubmissionParser(catalog);
    this.sleeper = sleeper;
  }

  /**
   * The reference of the message's job, which now has a row. A redelivered message finds the row
   * its first delivery made.
   *
   * @param traceparent of who published it
   * @throws InvalidSubmissionException when it cannot become a job
   * @throws IllegalStateException when the store has not answered for ten minutes. A service runner
   *     delivers the bundle again; the DirectRunner ends its pipeline, and the message comes again
   *     to the next one, since it was not acknowledged.
   */
  JobReference create(JobMessage.Inline message, Optional<String> traceparent)
      throws InvalidSubmissionException {
    Submission submission = parse(message).tracedUnder(traceparent);
    JobSpec stored = store(submission);
    if (!stored.requestHash().equals(submission.spec().requestHash())) {
      throw new InvalidSubmissionException(
          "idempotency_conflict",
          "idempotency_key",
          "Another submission has used the key before; take a new one for a new job.");
    }
    return JobReference.to(stored);
  }

  /** What the parser did not foresee is the message's fault: another delivery would meet it too. */
  private Submission parse(JobMessage.Inline message) throws InvalidSubmissionException {
    try {
      return parser.parse(
          message.submission(),
          message.owner(),
          Optional.of(message.idempotencyKey()),
          Instant.now());
    } catch (RuntimeException | StackOverflowError e) {
      log.error("an inline job could not be parsed: {}", e.getClass().getName());
      throw new InvalidSubmissionException(
          "unforeseen", "submission", "It could not be read, in a way nobody foresaw.");
    }
  }

  private JobSpec store(Submission submission) throws InvalidSubmissionException {
    try {
      return await(() -> store.create(submission.spec(), submission.request())).job().spec();
    } catch (IllegalArgumentException e) {
      throw new InvalidSubmissionException(
          "too_large", "submission", "The store does not take it: " + e.getMessage() + ".");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the store made a job's row", e);
    }
  }

  /** Creating may be repeated: the job's id is the same. */
  private <T> T await(Supplier<CompletableFuture<T>> operation) throws InterruptedException {
    long startNanos = System.nanoTime();
    for (int attempt = 0; ; attempt++) {
      try {
        return operation.get().get(STORE_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        boolean late = System.nanoTime() - startNanos >= PATIENCE.toNanos();
        if (attempt == PAUSES.size() || late || !mayPass(e)) {
          throw new IllegalStateException("the store did not make a job's row", e);
        }
        UNMADE.warn(
            () -> "the store did not make a job's row; trying again: " + SparseWarning.reason(e));
      }
      sleeper.sleep(PAUSES.get(attempt));
    }
  }

  private static boolean mayPass(Exception e) {
    return e instanceof TimeoutException || e.getCause() instanceof StoreUnavailableException;
  }
}
