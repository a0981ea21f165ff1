package io.promptbeam.local.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.local.Await;
import io.promptbeam.local.GooglePubsubEmulator;
import io.promptbeam.local.cli.Program;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand jobs through processes that are killed every few seconds, with a provider that fails
 * one call in twenty. Over Google's Pub/Sub emulator and the Bigtable emulator.
 */
@Timeout(900)
class KilledAtRandomIT {
  private static final int JOBS = Integer.getInteger("promptbeam.kill.jobs", 4_000);
  private static final long SEED = Long.getLong("promptbeam.kill.seed", 20_261_123);
  private static final int SUBMITTERS = 16;
  private static final double FAULTS = 0.05;

  /** So that no job is unlucky enough to meet a kill or a fault every time. */
  private static final int MAX_ATTEMPTS = 10;

  private static final Simulation FAULTY =
      new Simulation(7, Duration.ofMillis(300), 0.4, FAULTS, 0, 0, OptionalLong.empty());

  private final Map<JobId, Ending> endings = new HashMap<>();
  private int changedEndings;
  private int apiKills;
  private int pipelineKills;
  private long inFlightAtKills;

  @Test
  void nothingIsLostOrEndsTwice_andOnlyCallsInFlightAreMadeAgain(@TempDir Path directory)
      throws Exception {
    Random random = new Random(SEED);
    ExecutorService submitters = Executors.newFixedThreadPool(SUBMITTERS);
    try (GooglePubsubEmulator queue = GooglePubsubEmulator.startOrSkip();
        Machines machines = new Machines(directory, queue.port(), FAULTY, 200)) {
      Program api = machines.startApi();
      Program pipeline = machines.startPipeline();
      AtomicInteger next = new AtomicInteger();
      List<Future<?>> submitting = new ArrayList<>();
      for (int i = 0; i < SUBMITTERS; i++) {
        submitting.add(submitters.submit(() -> submitAll(machines, next)));
      }
      List<JobId> ids = new ArrayList<>();
      for (int i = 0; i < JOBS; i++) {
        ids.add(Machines.idOf(key(i)));
      }

      while (endings.size() < JOBS * 9 / 10) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(4_000 + random.nextInt(4_000)));
        if (random.nextInt(3) == 0) {
          api.kill();
          apiKills++;
          api = machines.startApi();
        } else {
          pipeline.kill();
          pipelineKills++;
          inFlightAtKills += look(machines.read(ids));
          pipeline = machines.startPipeline();
        }
        look(machines.read(ids));
      }
      for (Future<?> each : submitting) {
        each.get(120, TimeUnit.SECONDS);
      }
      Collection<Job> all =
          Await.until(
              "every job has ended",
              Duration.ofMinutes(5),
              () -> {
                Collection<Job> jobs = machines.read(ids);
                look(jobs);
                return jobs;
              },
              jobs -> endings.size() == JOBS);
      look(machines.read(ids));
      report(machines, all);
    } finally {
      submitters.shutdownNow();
    }
  }

  private static String key(int number) {
    return "job-" + number;
  }

  private static Void submitAll(Machines machines, AtomicInteger next) throws Exception {
    for (int i = next.getAndIncrement(); i < JOBS; i = next.getAndIncrement()) {
      machines.service.submitUntilAccepted("Question " + i, key(i), MAX_ATTEMPTS);
    }
    return null;
  }

  /** Notes new endings, and old ones that changed. Answers how many jobs are being called. */
  private long look(Collection<Job> jobs) {
    long leased = 0;
    for (Job job : jobs) {
      Ending seen = endings.get(job.spec().id());
      if (job.run().ending().isPresent()) {
        Ending now = job.run().ending().get();
        if (seen == null) {
          endings.put(job.spec().id(), now);
        } else if (!seen.equals(now)) {
          changedEndings++;
        }
      } else if (seen != null) {
        changedEndings++;
      } else if (job.run().leaseIsLive(Instant.now())) {
        leased++;
      }
    }
    return leased;
  }

  private void report(Machines machines, Collection<Job> all) {
    var stats = machines.provider.stats();
    long completed = all.stream().filter(j -> j.run().state() == JobState.COMPLETED).count();
    long lost = JOBS - all.stream().filter(j -> j.run().state().isTerminal()).count();
    long attempts = all.stream().mapToLong(job -> job.run().attempt()).sum();
    long extra = stats.calls() - stats.errors() - JOBS;
    System.out.printf(
        """
        seed %d: %,d jobs, %d kills of the service, %d of the pipeline
        lost                         %d
        ended twice                  %d
        completed                    %,d
        calls                        %,d (%,d failed by the provider)
        attempts counted             %,d
        calls beyond the one needed  %,d
        in flight at the kills       %,d
        """,
        SEED,
        JOBS,
        apiKills,
        pipelineKills,
        lost,
        changedEndings,
        completed,
        stats.calls(),
        stats.errors(),
        attempts,
        extra,
        inFlightAtKills);
    assertThat(pipelineKills).isPositive();
    assertThat(apiKills).isPositive();
    assertThat(lost).isZero();
    assertThat(changedEndings).isZero();
    assertThat(completed).isEqualTo(JOBS);
    assertThat(extra).isBetween(0L, inFlightAtKills);
    assertThat(attempts).as("every call is counted").isGreaterThanOrEqualTo(stats.calls());
    assertThat(all).allMatch(job -> job.run().attempt() <= MAX_ATTEMPTS);
  }
}
