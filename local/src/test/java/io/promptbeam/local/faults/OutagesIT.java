package io.promptbeam.local.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.cli.Program;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.store.JobFilter;
import io.promptbeam.store.JobPage;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.testing.FaultyProxy;
import io.promptbeam.testing.FaultyProxy.Mode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Service and pipeline ride out the store, the queue and the provider being away for a minute or
 * so. What does not disturb each other is away at the same time.
 */
@Timeout(400)
@TestInstance(Lifecycle.PER_CLASS)
class OutagesIT {
  private static final Duration OUTAGE = Duration.ofMinutes(1);
  private static final Simulation STEADY =
      new Simulation(1, Duration.ofMillis(300), 0.4, 0, 0, 0, OptionalLong.empty());

  private static final int IN_FLIGHT = 200;

  /** What an operator may be asked to read about some minutes of outages. */
  private static final int MAX_WARNINGS = 150;

  /** The configured store timeout of 10 s, and some for a machine that is busy. */
  private static final long STORE_ANSWER_MILLIS = 13_000;

  /** The publish wait of 2 s, and the same. */
  private static final long PUBLISH_ANSWER_MILLIS = 5_000;

  /** A probe gives the store 2 s. */
  private static final long PROBE_ANSWER_MILLIS = 4_000;

  private static final Duration READY_WITHIN = Duration.ofSeconds(10);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private EmbeddedPubsub queue;
  private Machines machines;
  private Calls calls;
  private Program api;
  private Program pipeline;
  private JobSubmitter sideDoor;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    queue = EmbeddedPubsub.start();
    machines = new Machines(directory, Machines.portOf(queue.hostAndPort()), STEADY, IN_FLIGHT);
    calls = new Calls(machines.provider);
    sideDoor = machines.sideDoor();
    Future<Program> service = threads.submit(machines::startApi);
    pipeline = machines.startPipeline();
    api = service.get();
    submit("warm-up-1");
    awaitCompleted(List.of("warm-up-1"), Duration.ofMinutes(1));
  }

  @BeforeEach
  void mend() throws Exception {
    for (FaultyProxy proxy :
        List.of(
            machines.apiToStore,
            machines.pipelineToStore,
            machines.apiToQueue,
            machines.pipelineToQueue,
            machines.toProvider)) {
      proxy.mode(Mode.PASS);
    }
  }

  @AfterAll
  void stop() throws Exception {
    threads.shutdownNow();
    try {
      assertLogIsFitToRead("api");
      assertLogIsFitToRead("pipeline");
    } finally {
      machines.close();
      queue.close();
    }
  }

  private void assertLogIsFitToRead(String verb) throws Exception {
    // Without those that callers ask for: one for each of their submissions.
    List<String> lines =
        machines.log(verb).stream().filter(line -> !line.contains(".AccessLog: ")).toList();
    System.out.printf("%s: %d lines of log, for example%n", verb, lines.size());
    lines.stream().limit(25).forEach(line -> System.out.println("  " + line));
    assertThat(lines).hasSizeLessThan(MAX_WARNINGS);
    assertThat(lines)
        .allSatisfy(line -> assertThat(line).doesNotContain("\tat ", "Write a line about"));
  }

  @Test
  void queueAway_jobsRunFromTheStore_andServiceRidesOutARefusingStore() throws Exception {
    // Both ways to the queue for longer than it takes the sweep to look at a job first.
    machines.apiToQueue.mode(Mode.REFUSE);
    machines.pipelineToQueue.mode(Mode.REFUSE);
    long startNanos = System.nanoTime();
    List<String> names = names("queue", 40);
    Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    inParallel(8, names, name -> answers.add(submission(name)));
    print("queue away, submissions", answers);
    assertThat(answers).allMatch(a -> a.status() == 202);
    assertThat(longest(answers)).isLessThan(PUBLISH_ANSWER_MILLIS);

    Future<Void> store =
        threads.submit(
            () -> {
              serviceLosesItsStore("refused", Mode.REFUSE);
              return null;
            });
    awaitCompleted(names, Duration.ofSeconds(150));
    System.out.printf(
        "queue away, %d jobs completed through the sweep after %.1f s%n",
        names.size(), secondsSince(startNanos));

    machines.apiToQueue.mode(Mode.PASS);
    machines.pipelineToQueue.mode(Mode.PASS);
    long backNanos = System.nanoTime();
    machines.service.submitUntilAccepted(Calls.prompt("queue-back-1"), "queue-back-1", 3);
    awaitCompleted(List.of("queue-back-1"), Duration.ofSeconds(50));
    System.out.printf("queue back, next job completed after %.1f s%n", secondsSince(backNanos));
    store.get();
    assertCalledOnce(names);
  }

  @Test
  void answersInHand_areRecordedWhenTheStoreIsBack_andServiceRidesOutAHangingStore()
      throws Exception {
    List<String> names = names("hand", 100);
    machines.toProvider.mode(Mode.FREEZE_ANSWERS);
    for (String name : names) {
      assertThat(sideDoor.submit(Machines.submission(Calls.prompt(name), name, 3)).get())
          .isNotNull();
    }
    Await.until("all are being called", () -> calls.ofAll("hand-"), n -> n == names.size());

    machines.pipelineToStore.mode(Mode.HANG);
    Future<Void> store =
        threads.submit(
            () -> {
              serviceLosesItsStore("hung", Mode.HANG);
              return null;
            });
    pause(Duration.ofSeconds(5));
    machines.toProvider.mode(Mode.PASS);
    pause(OUTAGE.minusSeconds(5));
    machines.pipelineToStore.mode(Mode.RESET);
    assertThat(read(names)).allMatch(job -> job.run().state() == JobState.PROCESSING);
    machines.pipelineToStore.mode(Mode.PASS);
    long backNanos = System.nanoTime();
    awaitCompleted(names, Duration.ofMinutes(1));
    System.out.printf(
        "store away at record, %d answers recorded %.1f s after it was back%n",
        names.size(), secondsSince(backNanos));
    assertCalledOnce(names);
    store.get();
  }

  @Test
  void provider_mayHangResetDribbleAndRefuse() throws Exception {
    Future<List<String>> load =
        threads.submit(
            () -> {
              List<String> names = names("provider", 200);
              for (String name : names) {
                assertThat(sideDoor.submit(Machines.submission(Calls.prompt(name), name, 5)).get())
                    .isNotNull();
                pause(Duration.ofMillis(200));
              }
              return names;
            });
    pause(Duration.ofSeconds(2));
    int callsBefore = calls.ofAll("provider-");
    for (Fault fault :
        List.of(
            new Fault("hangs", Mode.HANG, 20),
            new Fault("resets", Mode.RESET, 5),
            new Fault("dribbles", Mode.dribble(Duration.ofMillis(1)), 5),
            new Fault("is refused", Mode.REFUSE, 5))) {
      machines.toProvider.mode(fault.mode());
      pause(Duration.ofSeconds(fault.seconds()));
      int now = calls.ofAll("provider-");
      System.out.printf(
          "provider %s for %d s: %d calls reached it%n",
          fault.name(), fault.seconds(), now - callsBefore);
      callsBefore = now;
    }
    machines.toProvider.mode(Mode.PASS);
    long backNanos = System.nanoTime();
    List<String> names = load.get();
    awaitCompleted(names, Duration.ofMinutes(2));
    Collection<Job> jobs = read(names);
    int beyond = calls.ofAll("provider-") - names.size();
    System.out.printf(
        "provider back, all %d jobs completed after %.1f s; calls beyond one each: %d;"
            + " attempts: %d, at most %d for a job%n",
        names.size(),
        secondsSince(backNanos),
        beyond,
        jobs.stream().mapToInt(job -> job.run().attempt()).sum(),
        jobs.stream().mapToInt(job -> job.run().attempt()).max().orElseThrow());
    // Calls that had reached the provider when it was cut off are made again, and no others.
    assertThat(beyond).isBetween(0, IN_FLIGHT);
    assertThat(jobs)
        .allMatch(job -> calls.of(nameOf(job, names)) <= job.run().attempt(), "calls are counted");
  }

  private record Fault(String name, Mode mode, int seconds) {}

  /** What the service says while its store is away, and whether all is well afterwards. */
  private void serviceLosesItsStore(String how, Mode mode) throws Exception {
    Queue<Answer> submissions = new ConcurrentLinkedQueue<>();
    Set<String> tried = ConcurrentHashMap.newKeySet();
    long startNanos = System.nanoTime();
    long cutNanos = startNanos + Duration.ofSeconds(1).toNanos();
    long endNanos = cutNanos + OUTAGE.toNanos();
    List<Future<Void>> submitters = new ArrayList<>();
    for (int t = 0; t < 6; t++) {
      String prefix = how + "-" + t + "-";
      submitters.add(
          threads.submit(
              () -> {
                for (int i = 0; System.nanoTime() < endNanos; i++) {
                  String name = prefix + i;
                  tried.add(name);
                  submissions.add(submission(name));
                  pause(Duration.ofMillis(50));
                }
                return null;
              }));
    }
    pause(Duration.ofSeconds(1));
    machines.apiToStore.mode(mode);
    pause(Duration.ofSeconds(1));
    Queue<Answer> ready = new ConcurrentLinkedQueue<>();
    Queue<Answer> live = new ConcurrentLinkedQueue<>();
    Queue<Answer> polls = new ConcurrentLinkedQueue<>();
    String poll = "/api/llm/jobs/" + Machines.idOf("never-seen") + "/status/";
    while (System.nanoTime() < endNanos - Duration.ofSeconds(12).toNanos()) {
      ready.add(Answer.to(() -> machines.service.get("/readyz")));
      live.add(Answer.to(() -> machines.service.get("/livez")));
      polls.add(Answer.to(() -> machines.service.get(poll)));
    }
    pause(Duration.ofNanos(Math.max(0, endNanos - System.nanoTime())));
    if (mode == Mode.HANG) {
      machines.apiToStore.mode(Mode.RESET);
    }
    machines.apiToStore.mode(Mode.PASS);
    long backNanos = System.nanoTime();
    Await.until(
        "the service is ready",
        READY_WITHIN,
        () -> machines.service.status("/readyz"),
        s -> s == 200);
    double readyAfter = secondsSince(backNanos);
    for (Future<Void> each : submitters) {
      each.get();
    }
    List<Answer> refusals = submissions.stream().filter(a -> a.status() != 202).toList();
    print("store " + how + ", submissions accepted", without(submissions, refusals));
    print("store " + how + ", submissions refused", refusals);
    print("store " + how + ", /readyz", ready);
    print("store " + how + ", /livez", live);
    print("store " + how + ", polls", polls);
    System.out.printf("store %s, ready again after %.1f s%n", how, readyAfter);

    assertThat(refusals).isNotEmpty().allMatch(Answer::saysTryAgain);
    assertThat(longest(refusals)).isLessThan(STORE_ANSWER_MILLIS);
    assertThat(ready).isNotEmpty().allMatch(a -> a.status() == 503);
    assertThat(longest(ready)).isLessThan(PROBE_ANSWER_MILLIS);
    assertThat(live).allMatch(a -> a.status() == 200);
    assertThat(longest(live)).isLessThan(PROBE_ANSWER_MILLIS);
    assertThat(polls).allMatch(Answer::saysTryAgain);

    // Half of them are tried again, the others' clients have given up.
    List<String> again = tried.stream().filter(name -> name.hashCode() % 2 == 0).sorted().toList();
    for (String name : again) {
      assertThat(submission(name).status()).as("%s, tried again", name).isEqualTo(202);
    }
    Set<String> accepted = new HashSet<>(again);
    submissions.stream().filter(a -> a.status() == 202).forEach(a -> accepted.add(a.name()));
    awaitCompleted(accepted, Duration.ofSeconds(100));
    assertCalledOnce(accepted);

    Set<JobId> rows = new HashSet<>();
    tried.forEach(name -> read(List.of(name)).forEach(job -> rows.add(job.spec().id())));
    for (String name : tried) {
      assertThat(calls.of(name)).as("calls of %s", name).isLessThanOrEqualTo(1);
      if (calls.of(name) > 0) {
        assertThat(rows).as("a row of %s, which was called", name).contains(Machines.idOf(name));
      }
    }
    assertThat(listed()).containsAll(rows);
    assertThat(read(calls.names()))
        .as("every job that was ever called has a row")
        .hasSize(calls.names().size());
    System.out.printf(
        "store %s: %d names tried, %d accepted, %d rows%n",
        how, tried.size(), accepted.size(), rows.size());
  }

  /** One answer, and how long it took. */
  private record Answer(String name, int status, boolean saysTryAgain, long millis) {
    static Answer to(Callable<HttpResponse<String>> request) throws Exception {
      return to("", request);
    }

    static Answer to(String name, Callable<HttpResponse<String>> request) throws Exception {
      long startNanos = System.nanoTime();
      HttpResponse<String> answer = request.call();
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
      boolean tryAgain =
          answer.statusCode() == 503
              && answer.headers().firstValue("Retry-After").isPresent()
              && answer
                  .headers()
                  .firstValue("Content-Type")
                  .filter(type -> type.startsWith("application/problem+json"))
                  .isPresent();
      return new Answer(name, answer.statusCode(), tryAgain, millis);
    }
  }

  private interface Step {
    void run(String name) throws Exception;
  }

  private void inParallel(int count, List<String> names, Step step) throws Exception {
    Queue<String> left = new ConcurrentLinkedQueue<>(names);
    List<Future<Void>> done = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      done.add(
          threads.submit(
              () -> {
                for (String name = left.poll(); name != null; name = left.poll()) {
                  step.run(name);
                }
                return null;
              }));
    }
    for (Future<Void> each : done) {
      each.get();
    }
  }

  private Answer submission(String name) throws Exception {
    return Answer.to(name, () -> machines.service.submit(Calls.prompt(name), name, 3));
  }

  private void submit(String name) throws Exception {
    assertThat(submission(name).status()).isEqualTo(202);
  }

  private static List<String> names(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
  }

  private Collection<Job> read(Collection<String> names) {
    return machines.read(names.stream().map(Machines::idOf).toList());
  }

  private static String nameOf(Job job, Collection<String> names) {
    return names.stream()
        .filter(name -> Machines.idOf(name).equals(job.spec().id()))
        .findFirst()
        .orElseThrow();
  }

  private void awaitCompleted(Collection<String> names, Duration patience) throws Exception {
    Await.until(
        names.size() + " jobs have completed",
        patience,
        () -> read(names).stream().filter(j -> j.run().state() == JobState.COMPLETED).count(),
        completed -> completed == names.size());
    assertThat(api.isAlive() && pipeline.isAlive()).as("both processes live").isTrue();
  }

  private void assertCalledOnce(Collection<String> names) {
    assertThat(names).allSatisfy(name -> assertThat(calls.of(name)).as(name).isEqualTo(1));
    assertThat(read(names)).allSatisfy(job -> assertThat(job.run().attempt()).isEqualTo(1));
  }

  private Set<JobId> listed() {
    Set<JobId> ids = new HashSet<>();
    Optional<String> after = Optional.empty();
    do {
      JobPage page = machines.store.list(Owner.LOCAL, JobFilter.ALL, 100, after).join();
      page.jobs().forEach(job -> ids.add(job.spec().id()));
      after = page.next();
    } while (after.isPresent());
    return ids;
  }

  private static List<Answer> without(Collection<Answer> all, Collection<Answer> some) {
    return all.stream().filter(answer -> !some.contains(answer)).toList();
  }

  private static long longest(Collection<Answer> answers) {
    return answers.stream().mapToLong(Answer::millis).max().orElse(0);
  }

  private static void print(String what, Collection<Answer> answers) {
    long[] millis = answers.stream().mapToLong(Answer::millis).sorted().toArray();
    Map<Integer, Long> byStatus =
        answers.stream().collect(Collectors.groupingBy(Answer::status, Collectors.counting()));
    System.out.printf(
        "%-40s %s, median %,d ms, longest %,d ms%n",
        what,
        byStatus,
        millis.length == 0 ? 0 : millis[millis.length / 2],
        millis.length == 0 ? 0 : millis[millis.length - 1]);
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static void pause(Duration time) {
    long endNanos = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = endNanos - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
