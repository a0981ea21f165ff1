package io.promptbeam.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.local.bench.BenchModels;
import io.promptbeam.store.LaneSnapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JobManager and two TaskManagers, each a process, work on twenty thousand jobs under one quota.
 * One TaskManager is killed, and another started, as a supervisor would.
 */
@Timeout(600)
class FlinkClusterIT {
  private static final int JOBS = Integer.getInteger("promptbeam.flink.jobs", 20_000);
  private static final int PER_SECOND = Integer.getInteger("promptbeam.flink.quota", 400);
  private static final Simulation SIMULATION =
      new Simulation(1, Duration.ofMillis(400), 0.4, 0, 0, 0, OptionalLong.empty());
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Workers that were seen starting calls. */
  private final Set<String> callers = new HashSet<>();

  @Test
  void everyJobEndsOnceWithinTheQuota_whenATaskManagerIsKilled(@TempDir Path directory)
      throws Exception {
    long begin = System.nanoTime();
    Path cluster = directory.resolve("cluster");
    Path logs = Files.createDirectories(directory.resolve("logs"));
    int rest = freePort();
    Map<String, String> environment = environment(rest);
    try (Servers servers = new Servers(directory, SIMULATION, PER_SECOND * 60L);
        Script jobManager = start(logs, environment, "jobmanager", cluster);
        Script first = start(logs.resolve("1"), environment, "taskmanager", cluster);
        Script second = start(logs.resolve("2"), environment, "taskmanager", cluster)) {
      CompletableFuture<List<JobId>> submitting =
          CompletableFuture.supplyAsync(() -> servers.submit(BenchModels.LIMITED, JOBS));
      submitPipeline(servers, logs, rest);
      List<JobId> ids = submitting.get();

      awaitCalls(servers, JOBS / 5);
      jobManager.awaitOutput("Completed checkpoint", PATIENCE);
      look(servers);
      int workersBefore = callers.size();
      second.kill();
      long killedAt = System.nanoTime();
      long inFlight = leases(servers.read(ids));
      double startToKill = seconds(begin);
      try (Script third = start(logs.resolve("3"), environment, "taskmanager", cluster)) {
        var ended = new Ended(servers, ids);
        List<Job> jobs = ended.await(Duration.ofMinutes(5));
        look(servers);
        report(servers, jobs, ended.completed(), inFlight, workersBefore);
        System.out.printf(
            "seconds from start to kill %.0f, from kill to the last job %.0f%n",
            startToKill, seconds(killedAt));
        assertThat(jobManager.output())
            .as("state came back from disk")
            .containsPattern("Restoring job .* from Checkpoint");
        assertThat(third.process().isAlive()).isTrue();
        assertThat(first.process().isAlive()).isTrue();
        assertThat(jobManager.process().isAlive()).isTrue();
      }
    }
  }

  private void report(
      Servers servers, List<Job> jobs, long completed, long inFlight, int workersBefore) {
    var stats = servers.limited.stats();
    long extra = stats.calls() - JOBS;
    long attempts = jobs.stream().mapToLong(job -> job.run().attempt()).sum();
    System.out.printf(
        """
        one JobManager, two TaskManagers, one killed: %,d jobs at %d requests/s
        completed                              %,d
        calls                                  %,d
        calls beyond the one needed            %d
        claimed at the kill                    %d
        attempts counted                       %,d
        workers that made calls before, in all %d, %d
        calls in the fullest second, 10 s      %d, %d
        429s caused                            %d
        """,
        JOBS,
        PER_SECOND,
        completed,
        stats.calls(),
        extra,
        inFlight,
        attempts,
        workersBefore,
        callers.size(),
        fullest(servers.limited.arrivalNanos(), 1),
        fullest(servers.limited.arrivalNanos(), 10),
        stats.limited());
    assertThat(completed).isEqualTo(JOBS);
    assertThat(jobs).hasSize(JOBS);
    assertThat(extra).isBetween(0L, inFlight);
    assertThat(attempts).as("every call is counted").isGreaterThanOrEqualTo(stats.calls());
    assertThat(workersBefore).as("both TaskManagers made calls").isEqualTo(2);
    // By a bucket of one second. Where processors are short for longer than that, calls that were
    // sent in time arrive together.
    assertThat(stats.limited()).as("calls beyond the limit").isLessThanOrEqualTo(JOBS / 1_000L);
    assertThat(fullest(servers.limited.arrivalNanos(), 10)).isLessThanOrEqualTo(11L * PER_SECOND);
  }

  /** Claims whose calls may be under way, or answered and not recorded. */
  private static long leases(List<Job> jobs) {
    Instant now = Instant.now();
    return jobs.stream().filter(job -> job.run().leaseIsLive(now)).count();
  }

  /** The most arrivals in so many seconds; they bunch up where processors are short. */
  private static long fullest(long[] arrivalNanos, long seconds) {
    long[] sorted = arrivalNanos.clone();
    Arrays.sort(sorted);
    long window = TimeUnit.SECONDS.toNanos(seconds);
    int most = 0;
    int from = 0;
    for (int i = 0; i < sorted.length; i++) {
      while (sorted[i] - sorted[from] >= window) {
        from++;
      }
      most = Math.max(most, i - from + 1);
    }
    return most;
  }

  private void submitPipeline(Servers servers, Path logs, int rest) throws Exception {
    List<String> options = new ArrayList<>(servers.flinkOptions());
    options.add("--flinkMaster=127.0.0.1:" + rest);
    options.add("--sendLibraries=false");
    options.add("--parallelism=2");
    options.add("--shards=16");
    options.add("--checkpointingInterval=2000");
    Path log = logs.resolve("submit.log");
    try (Script submit =
        Script.start(
            log, Map.of("JAVA_OPTS", "-Xmx256m -XX:TieredStopAtLevel=1"), "run.sh", options)) {
      assertThat(submit.process().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(submit.process().exitValue()).as(submit.output()).isZero();
    }
  }

  private void awaitCalls(Servers servers, long calls) {
    long begin = System.nanoTime();
    while (servers.limited.stats().calls() < calls) {
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        throw new AssertionError("only " + servers.limited.stats());
      }
      look(servers);
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** Notes which workers start calls. */
  private void look(Servers servers) {
    for (LaneSnapshot lane : servers.store.lanes().of(BenchModels.LIMITED).join()) {
      if (lane.startsPerSecond() > 0) {
        callers.add(lane.worker());
      }
    }
  }

  private static Script start(
      Path log, Map<String, String> environment, String command, Path cluster) throws IOException {
    Path file = log.resolveSibling(log.getFileName() + "-" + command + ".log");
    return Script.start(file, environment, "cluster.sh", List.of(command, cluster.toString()));
  }

  private static Map<String, String> environment(int rest) throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("FLINK_REST_PORT", String.valueOf(rest));
    environment.put("FLINK_RPC_PORT", String.valueOf(freePort()));
    environment.put("JOBMANAGER_HEAP_MB", "256");
    environment.put("TASKMANAGER_HEAP_MB", "512");
    // None of these processes lives long enough for the optimizing compiler to pay.
    environment.put("JAVA_OPTS", "-XX:TieredStopAtLevel=1");
    return environment;
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }
}
