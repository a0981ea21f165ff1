package io.promptbeam.local.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.local.Await;
import io.promptbeam.local.cli.Program;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.testing.FaultyProxy.Mode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at the moments that matter, each brought about by stopping what the process waits for.
 */
@Timeout(400)
class KilledAtPointsIT {
  private static final Simulation QUICK =
      new Simulation(1, Duration.ofMillis(100), 0, 0, 0, 0, OptionalLong.empty());

  private final Map<String, AtomicInteger> callsByPrompt = new ConcurrentHashMap<>();

  @Test
  void everyJobEndsOnce_whereverItsProcessWasKilled(@TempDir Path directory) throws Exception {
    try (EmbeddedPubsub queue = EmbeddedPubsub.start();
        Machines machines =
            new Machines(directory, Machines.portOf(queue.hostAndPort()), QUICK, 50)) {
      machines.provider.observe(
          (nanos, path, body) -> count(new String(body, StandardCharsets.UTF_8)));
      Program api = machines.startApi();
      Program pipeline = machines.startPipeline();
      submit(machines, "warm-up");
      awaitRun(machines, "warm-up", run -> run.state() == JobState.COMPLETED);

      // After the claim: the provider is connected to, and hears nothing.
      machines.toProvider.mode(Mode.HANG);
      submit(machines, "after-claim");
      awaitRun(machines, "after-claim", run -> run.state() == JobState.PROCESSING);
      pipeline.kill();
      machines.toProvider.mode(Mode.RESET);
      machines.toProvider.mode(Mode.FREEZE_ANSWERS);
      assertThat(calls("after-claim")).isZero();

      // During the call: the provider works on it, its answer does not come.
      pipeline = machines.startPipeline();
      submit(machines, "mid-call");
      Await.until("the provider has the call", () -> calls("mid-call"), calls -> calls == 1);
      pipeline.kill();
      machines.toProvider.mode(Mode.RESET);
      machines.toProvider.mode(Mode.FREEZE_ANSWERS);

      // Before the record: the answer is there, and the store is not.
      pipeline = machines.startPipeline();
      submit(machines, "before-record");
      Await.until("the provider has the call", () -> calls("before-record"), calls -> calls == 1);
      machines.pipelineToStore.mode(Mode.HANG);
      machines.toProvider.mode(Mode.PASS);
      awaitLog(directory, "before-record");
      pipeline.kill();
      machines.pipelineToStore.mode(Mode.RESET);
      machines.pipelineToStore.mode(Mode.PASS);

      // Between row and publish, without and with the answer to the client.
      machines.apiToQueue.mode(Mode.HANG);
      Thread unanswered =
          new Thread(
              () -> {
                try {
                  machines.service.submit("unanswered", "unanswered", 3);
                } catch (Exception e) {
                  // Its connection ends with the process.
                }
              });
      unanswered.setDaemon(true);
      unanswered.start();
      awaitRun(machines, "unanswered", run -> true);
      submit(machines, "unpublished");
      api.kill();
      machines.apiToQueue.mode(Mode.RESET);
      machines.apiToQueue.mode(Mode.PASS);

      var unusedPipeline = machines.startPipeline();
      var unusedApi = machines.startApi();
      System.out.printf("%-14s %-10s %8s %6s%n", "killed", "ended", "attempts", "calls");
      for (String key :
          List.of("after-claim", "mid-call", "before-record", "unanswered", "unpublished")) {
        JobRun run = awaitRun(machines, key, r -> r.state().isTerminal());
        System.out.printf(
            "%-14s %-10s %8d %6d%n", key, run.state().wireName(), run.attempt(), calls(key));
        assertThat(run.state()).as(key).isEqualTo(JobState.COMPLETED);
        assertThat(calls(key)).as("calls, of %s", key).isLessThanOrEqualTo(run.attempt());
      }
      assertThat(calls("after-claim")).isEqualTo(1);
      assertThat(calls("mid-call")).isEqualTo(2);
      assertThat(calls("before-record")).isEqualTo(2);
      assertThat(calls("unanswered")).isEqualTo(1);
      assertThat(calls("unpublished")).isEqualTo(1);
    }
  }

  private static void submit(Machines machines, String key) throws Exception {
    assertThat(machines.service.submit(key, key, 3).statusCode()).isEqualTo(202);
  }

  private static JobRun awaitRun(Machines machines, String key, Predicate<JobRun> wanted)
      throws Exception {
    return Await.until(
            "job " + key + " is as wanted",
            Duration.ofSeconds(150),
            () -> machines.read(List.of(Machines.idOf(key))).stream().map(Job::run).findFirst(),
            run -> run.filter(wanted).isPresent())
        .orElseThrow();
  }

  /** The log's only sign of an answer in hand: that it could not be recorded. */
  private static void awaitLog(Path directory, String key) throws Exception {
    String line = "job " + Machines.idOf(key) + " is not recorded yet";
    Await.until(
        "the log says: " + line,
        () -> {
          try (var files = Files.walk(directory.resolve("home"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
              if (Files.readString(file).contains(line)) {
                return true;
              }
            }
          }
          return false;
        },
        found -> found);
  }

  private void count(String body) {
    for (String key :
        List.of("after-claim", "mid-call", "before-record", "unanswered", "unpublished")) {
      if (body.contains('"' + key + '"')) {
        callsByPrompt.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
      }
    }
  }

  private int calls(String key) {
    AtomicInteger calls = callsByPrompt.get(key);
    return calls == null ? 0 : calls.get();
  }
}
