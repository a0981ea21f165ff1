package io.promptbeam.local.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.local.Await;
import io.promptbeam.local.cli.ExitCodes;
import io.promptbeam.local.cli.Program;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.testing.FaultyProxy.Mode;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Service and pipeline are told to end while they have work in hand. */
@Timeout(240)
class ShutdownIT {
  /** What the JVM answers a SIGTERM with: 128 + 15. */
  private static final int TERMINATED = 143;

  private static final Simulation QUICK =
      new Simulation(1, Duration.ofMillis(300), 0.4, 0, 0, 0, OptionalLong.empty());

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final EmbeddedPubsub queue;
  private final Path directory;

  ShutdownIT(@TempDir Path directory) throws IOException {
    this.directory = directory;
    queue = EmbeddedPubsub.start();
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    queue.close();
  }

  private Machines machines(int inFlight) throws Exception {
    return new Machines(directory, Machines.portOf(queue.hostAndPort()), QUICK, inFlight);
  }

  private interface Signal {
    void send(Program program) throws Exception;
  }

  @Test
  void pipeline_recordsShortCallsAndHandsBackLongOnes_onSigterm() throws Exception {
    pipelineEnds(Program::terminate, TERMINATED);
  }

  @Test
  void pipeline_recordsShortCallsAndHandsBackLongOnes_onSigint() throws Exception {
    pipelineEnds(Program::interrupt, ExitCodes.INTERRUPTED);
  }

  private void pipelineEnds(Signal signal, int status) throws Exception {
    try (Machines machines = machines(20)) {
      Calls calls = new Calls(machines.provider);
      JobSubmitter sideDoor = machines.sideDoor();
      Program pipeline = machines.startPipeline();
      submit(sideDoor, names("warm-up", 1));
      await(machines, names("warm-up", 1), run -> run.state() == JobState.COMPLETED);

      // Calls that end soon after the signal, and calls that do not; and jobs that wait in line.
      machines.toProvider.mode(Mode.FREEZE_ANSWERS);
      List<String> shorter = names("short", 10);
      submit(sideDoor, shorter);
      Await.until("short calls are out", () -> calls.ofAll("short"), n -> n == 10);
      signal.send(pipeline);
      long signalNanos = System.nanoTime();
      pipeline.awaitOutput("Stopping");
      machines.toProvider.mode(Mode.PASS);
      assertThat(pipeline.exitStatus()).isEqualTo(status);
      double shortStop = secondsSince(signalNanos);
      assertThat(runs(machines, shorter))
          .allMatch(run -> run.state() == JobState.COMPLETED && run.attempt() == 1);
      assertNoTrace(pipeline);

      pipeline = machines.startPipeline();
      machines.toProvider.mode(Mode.FREEZE_ANSWERS);
      List<String> longer = names("long", 20);
      List<String> waiting = names("waiting", 20);
      submit(sideDoor, longer);
      Await.until("long calls are out", () -> calls.ofAll("long"), n -> n == 20);
      submit(sideDoor, waiting);
      signal.send(pipeline);
      signalNanos = System.nanoTime();
      assertThat(pipeline.exitStatus()).isEqualTo(status);
      double longStop = secondsSince(signalNanos);
      assertNoTrace(pipeline);
      assertThat(runs(machines, longer))
          .allSatisfy(
              run -> {
                assertThat(run.state()).isEqualTo(JobState.PENDING);
                assertThat(run.attempt()).isEqualTo(1);
                assertThat(run.lease()).isEmpty();
                assertThat(run.lastError().orElseThrow().code())
                    .isEqualTo(ErrorCodes.WORKER_STOPPED);
              });
      assertThat(runs(machines, waiting))
          .allSatisfy(
              run -> {
                assertThat(run.state()).isEqualTo(JobState.PENDING);
                assertThat(run.attempt()).as("attempts of a job that was not called").isZero();
                assertThat(run.lease()).isEmpty();
              });

      machines.toProvider.mode(Mode.RESET);
      machines.toProvider.mode(Mode.PASS);
      long startNanos = System.nanoTime();
      var unused = machines.startPipeline();
      double up = secondsSince(startNanos);
      List<String> all = new ArrayList<>(longer);
      all.addAll(waiting);
      await(machines, all, run -> run.state() == JobState.COMPLETED);
      System.out.printf(
          "pipeline, exit status %d: ended %.1f s after the signal with calls that end, %.1f s with"
              + " calls that do not; started again in %.1f s, all done after %.1f s%n",
          status, shortStop, longStop, up, secondsSince(startNanos));
      assertThat(calls.ofAll("long")).isEqualTo(40);
      assertThat(calls.ofAll("waiting")).isEqualTo(20);
      assertThat(secondsSince(startNanos) - up).as("not as long as a lease").isLessThan(30);
    }
  }

  @Test
  void service_answersWhatItHasInHand_onSigterm() throws Exception {
    try (Machines machines = machines(200)) {
      Program api = machines.startApi();
      int clients = 100;
      // Each of them is stored, and then waits for the publisher for as long as that may take.
      machines.apiToQueue.mode(Mode.HANG);
      CountDownLatch begun = new CountDownLatch(clients);
      Map<Integer, AtomicInteger> answers = new ConcurrentHashMap<>();
      List<String> names = names("in-hand", clients);
      List<Future<Void>> done = new ArrayList<>();
      for (String name : names) {
        done.add(
            threads.submit(
                () -> {
                  begun.countDown();
                  count(answers, status(machines, name));
                  return null;
                }));
      }
      begun.await();
      Await.until(
          "all of them are stored", () -> runs(machines, names).size(), size -> size == clients);
      api.terminate();
      long signalNanos = System.nanoTime();
      assertThat(api.exitStatus()).isEqualTo(TERMINATED);
      double stop = secondsSince(signalNanos);
      for (Future<Void> each : done) {
        each.get();
      }
      System.out.printf("service, %d in hand: %s, ended after %.1f s%n", clients, answers, stop);
      // A connection may still end before its answer is out, when the machine stands still for
      // half a second meanwhile; its client asks again under its key, and the job is there.
      assertThat(Set.copyOf(answers.keySet())).isSubsetOf(202, CLOSED);
      assertThat(answers.get(202).get()).isGreaterThanOrEqualTo(clients * 3 / 4);
      assertNoTrace(api);

      machines.apiToQueue.mode(Mode.RESET);
      machines.apiToQueue.mode(Mode.PASS);
      var unused = machines.startPipeline();
      await(machines, names, run -> run.state() == JobState.COMPLETED);
    }
  }

  @Test
  void service_losesNothingItAccepted_whenToldToEndUnderLoad() throws Exception {
    try (Machines machines = machines(200)) {
      Calls calls = new Calls(machines.provider);
      Future<Program> starting = threads.submit(machines::startPipeline);
      Program api = machines.startApi();
      Program pipeline = starting.get();
      Map<Integer, AtomicInteger> answers = new TreeMap<>();
      Queue<String> accepted = new ConcurrentLinkedQueue<>();
      AtomicBoolean refusedByAll = new AtomicBoolean();
      List<Future<Void>> clients = new ArrayList<>();
      for (int c = 0; c < 200; c++) {
        String prefix = "load-" + c;
        clients.add(
            threads.submit(
                () -> {
                  for (int i = 0; !refusedByAll.get(); i++) {
                    String name = prefix + "-" + i;
                    int status = status(machines, name);
                    synchronized (answers) {
                      count(answers, status);
                    }
                    if (status == 202) {
                      accepted.add(name);
                    } else {
                      return null;
                    }
                  }
                  return null;
                }));
      }
      Await.until("the load is on", accepted::size, size -> size > 1_000);
      api.terminate();
      long signalNanos = System.nanoTime();
      assertThat(api.exitStatus()).isEqualTo(TERMINATED);
      double stop = secondsSince(signalNanos);
      refusedByAll.set(true);
      for (Future<Void> client : clients) {
        client.get();
      }
      System.out.printf(
          "service under load: ended after %.1f s, %d accepted, answers %s (%d: closed, %d:"
              + " refused)%n",
          stop, accepted.size(), answers, CLOSED, REFUSED);
      assertThat(Set.copyOf(answers.keySet())).isSubsetOf(202, 503, CLOSED, REFUSED);
      assertNoTrace(api);

      await(machines, accepted, run -> run.state() == JobState.COMPLETED);
      assertThat(accepted).allSatisfy(name -> assertThat(calls.of(name)).isEqualTo(1));
      pipeline.terminate();
      assertThat(pipeline.exitStatus()).isEqualTo(TERMINATED);
      assertNoTrace(pipeline);
    }
  }

  private static final int REFUSED = -1;
  private static final int CLOSED = 0;

  /** {@link #REFUSED} without a connection, {@link #CLOSED} when it ended before the answer. */
  private static int status(Machines machines, String name) throws InterruptedException {
    try {
      var answer = machines.service.submit(Calls.prompt(name), name, 3);
      // A body that is cut short is an exception, and one that is not JSON is none of ours.
      assertThat(answer.body()).startsWith("{").endsWith("}");
      return answer.statusCode();
    } catch (ConnectException e) {
      return REFUSED;
    } catch (IOException e) {
      return CLOSED;
    }
  }

  private static void count(Map<Integer, AtomicInteger> answers, int status) {
    answers.computeIfAbsent(status, s -> new AtomicInteger()).incrementAndGet();
  }

  private static void submit(JobSubmitter door, List<String> names) throws Exception {
    for (String name : names) {
      assertThat(door.submit(Machines.submission(Calls.prompt(name), name, 3)).get()).isNotNull();
    }
  }

  private static List<String> names(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
  }

  private static List<JobRun> runs(Machines machines, Collection<String> names) {
    return machines.read(names.stream().map(Machines::idOf).toList()).stream()
        .map(Job::run)
        .toList();
  }

  private static void await(Machines machines, Collection<String> names, Predicate<JobRun> wanted)
      throws Exception {
    var unused =
        Await.until(
            names.size() + " jobs are as wanted",
            Duration.ofSeconds(100),
            () -> runs(machines, names).stream().filter(wanted).count(),
            count -> count == names.size());
  }

  private static void assertNoTrace(Program ended) throws InterruptedException {
    assertThat(ended.errorOutput()).doesNotContain("Exception", "\tat ");
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
