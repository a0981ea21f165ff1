package io.promptbeam.local.cli;

import io.promptbeam.local.cli.ServiceClient.Retried;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;

/** Asks for many jobs to be run again, a few at a time, and counts what became of them. */
final class RetryRun {
  private static final int AT_ONCE = 8;
  private static final int CHUNK = 64;

  /** A service that restarts is worth waiting for; asking twice makes no second job. */
  private static final List<Duration> PAUSES =
      List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));

  private final ServiceClient client;
  private final List<Retried.Accepted> accepted = new ArrayList<>();
  private final Map<String, Integer> refusals = new TreeMap<>();

  /** One job has been asked for in vain long enough; the others on the way need not wait too. */
  private volatile boolean givenUp;

  private int replayed;
  private int refused;

  RetryRun(ServiceClient client) {
    this.client = client;
  }

  /**
   * Retries all, in order of {@code jobIds} as far as {@code each} can tell.
   *
   * @param each told of every job's outcome, on the calling thread
   * @throws CliException when the service fails; the counts then say what is done
   */
  void retry(List<String> jobIds, BiConsumer<String, Retried> each) {
    ExecutorService pool = Executors.newFixedThreadPool(Math.min(AT_ONCE, jobIds.size()));
    try {
      for (int from = 0; from < jobIds.size(); from += CHUNK) {
        List<String> chunk = jobIds.subList(from, Math.min(jobIds.size(), from + CHUNK));
        List<Callable<Retried>> calls = new ArrayList<>();
        chunk.forEach(id -> calls.add(() -> patiently(id)));
        List<Future<Retried>> answers = pool.invokeAll(calls);
        for (int i = 0; i < chunk.size(); i++) {
          Retried answer = answers.get(i).get();
          count(answer);
          each.accept(chunk.get(i), answer);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.environment("interrupted");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof CliException known
          ? known
          : new IllegalStateException("a retry failed", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private Retried patiently(String jobId) throws InterruptedException {
    for (int attempt = 0; ; attempt++) {
      try {
        return client.retry(jobId);
      } catch (CliException e) {
        if (e.exitCode() != ExitCodes.ENVIRONMENT || attempt == PAUSES.size() || givenUp) {
          givenUp = true;
          throw e;
        }
      }
      Thread.sleep(PAUSES.get(attempt).toMillis());
    }
  }

  private void count(Retried answer) {
    if (answer instanceof Retried.Accepted job) {
      accepted.add(job);
      replayed += job.replayed() ? 1 : 0;
    } else if (answer instanceof Retried.Refused no) {
      refused++;
      refusals.merge(no.code() + ": " + no.detail(), 1, Integer::sum);
    }
  }

  /** The jobs that repeat others, whoever made them. */
  List<Retried.Accepted> accepted() {
    return accepted;
  }

  int refused() {
    return refused;
  }

  /** For a person, a line per reason at the end. */
  List<String> summary() {
    List<String> lines = new ArrayList<>();
    int made = accepted.size() - replayed;
    lines.add(
        String.format(
            "%,d new %s, %,d retried before, %,d refused",
            made, made == 1 ? "job" : "jobs", replayed, refused));
    refusals.forEach((reason, times) -> lines.add(String.format("  %,d × %s", times, reason)));
    return lines;
  }
}
