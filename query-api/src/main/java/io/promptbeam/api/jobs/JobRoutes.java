package io.promptbeam.api.jobs;

import com.github.benmanes.caffeine.cache.Ticker;
import io.promptbeam.api.http.Route;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.store.EndedJobs;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.usage.UsageWriter;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Resubmissions;
import io.promptbeam.submit.SubmissionParser;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The polling API's routes, with what they share. Thread-safe. */
public final class JobRoutes implements AutoCloseable {
  private static final Duration FLUSH_PATIENCE = Duration.ofSeconds(2);
  private static final Duration WATCH_TICK = Duration.ofMillis(25);

  /**
   * How much the routes may use.
   *
   * @param maxWaiters requests held by {@code Prefer: wait} at the same time
   */
  public record Bounds(int maxWaiters, long cacheBytes, Duration cacheTimeToLive) {}

  private final JobWatcher watcher;
  private final UsageWriter usage;
  private final CachedBoard board;
  private final List<Route> routes;

  /**
   * Watches nothing until somebody waits.
   *
   * @param tokenSecret signs page tokens; the same in every process that serves the same callers.
   *     Asked when a list is
   */
  public JobRoutes(
      JobStore store,
      JobSubmitter submitter,
      Supplier<ModelCatalog> catalog,
      Clock clock,
      Bounds bounds,
      Supplier<CompletableFuture<byte[]>> tokenSecret) {
    watcher = new JobWatcher(store, WATCH_TICK, bounds.maxWaiters());
    var cache =
        new TerminalCache(bounds.cacheBytes(), bounds.cacheTimeToLive(), Ticker.systemTicker());
    var reader = new JobReader(store);
    board = new CachedBoard(store.lanes());
    var reasons = new WaitingReasons(board);
    var limited = new LimitedSubmitter(store, submitter, catalog, clock);
    var jobs = new Jobs(store, clock);
    var ended = new EndedJobs(store.ownerCounters(), catalog);
    var notices = new EndedNotices(store.notices(), catalog, clock);
    usage = new UsageWriter(store.usage(), UUID.randomUUID().toString(), UsageWriter.Later.REAL);
    var parser = new SubmissionParser(catalog);
    // Spark tries routes in order: what is polled comes first.
    routes =
        List.of(
            Route.reading(
                JobPaths.STATUS, new StatusHandler(reader, cache, watcher, reasons, clock)),
            Route.reading(JobPaths.RESULT, new ResultHandler(reader, cache, reasons, clock)),
            Route.submitting(
                "POST", JobPaths.SUBMIT, new SubmitHandler(parser::parse, limited, clock)),
            Route.submitting(
                "POST",
                JobPaths.TRAINER_ANALYSIS,
                new SubmitHandler(parser::parseTrainerAnalysis, limited, clock)),
            Route.reading(
                JobPaths.JOBS, new ListHandler(store, new PageTokens(tokenSecret), clock)),
            Route.submitting(
                "POST",
                JobPaths.CANCEL,
                new CancelHandler(reader, jobs, ended, notices, usage, clock)),
            Route.submitting(
                "POST",
                JobPaths.RETRY,
                new RetryHandler(reader, new Resubmissions(catalog), limited, clock)),
            Route.reading(JobPaths.JOB, new DetailHandler(reader, reasons, clock)),
            Route.submitting("DELETE", JobPaths.JOB, new EraseHandler(reader, jobs, cache)),
            Route.reading(JobPaths.MODELS, new ModelsHandler(catalog, board, clock)));
  }

  public List<Route> routes() {
    return routes;
  }

  /** What workers put up, as all routes read it. */
  public CachedBoard board() {
    return board;
  }

  /** Answers whoever still waits, and counts what was cancelled. */
  @Override
  public void close() {
    watcher.close();
    try {
      usage.flush().get(FLUSH_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // Then some cancelled jobs are not counted; their rows say what became of them.
    }
  }
}
