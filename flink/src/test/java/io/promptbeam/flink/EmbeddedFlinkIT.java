package io.promptbeam.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.local.bench.BenchModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pipeline on Flink in one process, started by the script that users start. */
@Timeout(180)
class EmbeddedFlinkIT {
  private static final int JOBS = 500;

  @Test
  void jobs_completeOrAreHandedBack_whenFlinkRunsInOneProcessThatIsToldToEnd(
      @TempDir Path directory) throws Exception {
    Path checkpoints = directory.resolve("checkpoints");
    try (Servers servers = new Servers(directory, Servers.USUAL, 60_000)) {
      List<String> options = new ArrayList<>(servers.flinkOptions());
      options.add("--checkpoints=" + checkpoints);
      options.add("--checkpointingInterval=1000");
      Path log = directory.resolve("flink.log");
      // Before there is a pipeline: the sweep at its start, or the message, leads to them.
      var ended = new Ended(servers, servers.submit(BenchModels.UNLIMITED, JOBS));
      try (Script flink =
          Script.start(
              log, Map.of("JAVA_OPTS", "-Xmx512m -XX:TieredStopAtLevel=1"), "run.sh", options)) {
        flink.awaitOutput("Running. Ctrl-C stops it.", Duration.ofSeconds(60));
        ended.await(Duration.ofSeconds(90));
        assertThat(ended.completed()).isEqualTo(JOBS);
        assertThat(servers.unlimited.stats().calls()).isEqualTo(JOBS);
        flink.awaitOutput("Completed checkpoint", Duration.ofSeconds(30));
        try (Stream<Path> files = Files.walk(checkpoints)) {
          assertThat(files.map(file -> file.getFileName().toString())).contains("_metadata");
        }

        List<JobId> more = servers.submit(BenchModels.UNLIMITED, JOBS);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (servers.unlimited.stats().calls() == JOBS) {
          assertThat(System.nanoTime()).as("no call is made of the second half").isLessThan(until);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        flink.terminate();
        assertThat(servers.read(more))
            .hasSize(JOBS)
            .noneMatch(job -> job.run().state() == JobState.PROCESSING);
      }
    }
  }

  @Test
  void run_explains_whenAnOptionIsWrong(@TempDir Path directory) throws Exception {
    try (Script flink =
        Script.start(
            directory.resolve("log"),
            Map.of(),
            "run.sh",
            List.of("--bigtable=emulator://nowhere"))) {
      assertThat(flink.process().waitFor()).isEqualTo(2);
      assertThat(flink.output())
          .contains("a Bigtable emulator's address is host:port, not 'nowhere'", "--help");
    }
  }
}
