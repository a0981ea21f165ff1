package io.promptbeam.flink;

import io.promptbeam.job.JobId;
import io.promptbeam.local.bench.BenchModels;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogManager;

/**
 * The same load on the pipeline in a process of its own, once on the DirectRunner and once on
 * Flink, one after the other: what {@code flink/bench.sh} runs. Emulators, simulated provider and
 * submitter are in this process and count for neither.
 */
final class EngineBench {
  private static final int WARM_UP = Integer.getInteger("warm-up", 20_000);
  private static final int JOBS = Integer.getInteger("jobs", 30_000);
  private static final int QUOTA_PER_SECOND = Integer.getInteger("quota", 300);
  private static final int QUOTA_SECONDS = Integer.getInteger("quota-seconds", 30);
  private static final Duration PATIENCE = Duration.ofMinutes(20);
  private static final String TARGETS =
      """
      Measured elsewhere, on another day, and not in this run (jobs/s, CPU ms/job, use of 300 requests/s):
        BullMQ on Redis, 1 process                    1,300-1,580   0.68-0.9   98.9 %
        plain asyncio script, nothing durable         1,854         0.25       95.4 %
        Celery with gevent on Redis                   313           3.1        -
      Targets: DirectRunner 700 jobs/s, 2.0 ms, 99 %; Flink ahead of BullMQ in one run, 0.9 ms, 99.5 %, no 429s.
      Absolute figures drift with the machine: compare within one run.
      """;

  private final Map<String, Map<String, String>> figures = new LinkedHashMap<>();
  private final Path directory;

  private EngineBench(Path directory) {
    this.directory = directory;
  }

  /** Arguments are further options of the pipeline on Flink. */
  public static void main(String[] args) throws Exception {
    LogManager.getLogManager().reset();
    var bench = new EngineBench(Files.createTempDirectory("promptbeam-bench"));
    String only = System.getProperty("only", "");
    if (!only.equals("flink")) {
      bench.measure("DirectRunner", bench::startDirect);
    }
    if (!only.equals("direct")) {
      bench.measure("Flink", servers -> bench.startFlink(servers, Arrays.asList(args)));
    }
    bench.print();
    System.exit(0);
  }

  private interface Starter {
    Script start(Servers servers) throws Exception;
  }

  private Script startDirect(Servers servers) throws Exception {
    Path script = Script.MODULE.resolveSibling("promptbeam");
    Script pipeline =
        Script.start(
            directory.resolve("direct.log"),
            Map.of(
                "BIGTABLE_EMULATOR_HOST",
                servers.bigtableAddress(),
                "PUBSUB_EMULATOR_HOST",
                servers.pubsubAddress(),
                "PROMPTBEAM_HOME",
                directory.toString()),
            List.of(script.toString(), "pipeline", "--models", servers.models().toString()));
    pipeline.awaitOutput("The pipeline is running", PATIENCE);
    return pipeline;
  }

  private Script startFlink(Servers servers, List<String> more) throws Exception {
    List<String> options = new ArrayList<>(servers.flinkOptions());
    options.add("--checkpoints=" + directory.resolve("checkpoints"));
    options.addAll(more);
    Script pipeline = Script.start(directory.resolve("flink.log"), Map.of(), "run.sh", options);
    pipeline.awaitOutput("Running. Ctrl-C stops it.", PATIENCE);
    return pipeline;
  }

  private void measure(String engine, Starter starter) throws Exception {
    try (Servers servers = new Servers(directory, Servers.USUAL, QUOTA_PER_SECOND * 60L);
        Script pipeline = starter.start(servers)) {
      run(engine + ": warming up", servers, BenchModels.UNLIMITED, WARM_UP);
      throughput(engine, servers, pipeline.process().toHandle());
      quota(engine, servers);
    }
  }

  private void throughput(String engine, Servers servers, ProcessHandle pipeline) {
    servers.unlimited.resetStats();
    var cpu = new Cpu(pipeline);
    double seconds = run(engine + ": throughput", servers, BenchModels.UNLIMITED, JOBS);
    put(engine, "jobs/s, no quota", "%.0f", JOBS / seconds);
    put(engine, "CPU ms/job, pipeline", "%.2f", cpu.pipelineMillis() / JOBS);
    put(engine, "CPU ms/job, Bigtable emulator", "%.2f", cpu.emulatorMillis() / JOBS);
    put(engine, "CPU ms/job, provider, Pub/Sub, submitter", "%.2f", cpu.ownMillis() / JOBS);
    put(engine, "calls per job", "%.2f", (double) servers.unlimited.stats().calls() / JOBS);
  }

  private void quota(String engine, Servers servers) {
    SimulatedProvider provider = servers.limited;
    provider.resetStats();
    run(engine + ": quota", servers, BenchModels.LIMITED, QUOTA_PER_SECOND * QUOTA_SECONDS);
    long[] arrivals = provider.arrivalNanos();
    Arrays.sort(arrivals);
    long from = arrivals[0] + TimeUnit.SECONDS.toNanos(2);
    long until = arrivals[arrivals.length - 1];
    long inWindow = Arrays.stream(arrivals).filter(at -> at >= from && at < until).count();
    double allowed = (until - from) / 1e9 * QUOTA_PER_SECOND;
    put(
        engine,
        "use of %d requests/s, from the 3rd second".formatted(QUOTA_PER_SECOND),
        "%.1f %%",
        100.0 * inWindow / allowed);
    put(engine, "429s caused", "%.0f", (double) provider.stats().limited());
  }

  /** Answers the seconds from the first submission to the last recorded answer. */
  private static double run(String what, Servers servers, String model, int jobs) {
    System.err.println(what + ", " + jobs + " jobs");
    long begin = System.nanoTime();
    List<JobId> ids = servers.submit(model, jobs);
    var unused = new Ended(servers, ids).await(PATIENCE);
    return (System.nanoTime() - begin) / 1e9;
  }

  private void put(String engine, String figure, String format, double value) {
    figures
        .computeIfAbsent(figure, name -> new LinkedHashMap<>())
        .put(engine, String.format(Locale.ROOT, format, value));
  }

  private void print() throws IOException {
    System.out.printf("%-44s %14s %14s%n", "FIGURE", "DIRECTRUNNER", "FLINK");
    figures.forEach(
        (figure, byEngine) ->
            System.out.printf(
                "%-44s %14s %14s%n",
                figure,
                byEngine.getOrDefault("DirectRunner", "-"),
                byEngine.getOrDefault("Flink", "-")));
    System.out.println();
    System.out.print(TARGETS);
  }

  /** Processor time since it was made. */
  private static final class Cpu {
    private final ProcessHandle pipeline;
    private final double pipelineMillis;
    private final double childrenMillis;
    private final double ownMillis;

    Cpu(ProcessHandle pipeline) {
      this.pipeline = pipeline;
      pipelineMillis = millis(pipeline);
      childrenMillis = childrenMillis();
      ownMillis = millis(ProcessHandle.current());
    }

    double pipelineMillis() {
      return millis(pipeline) - pipelineMillis;
    }

    /** Whatever this process started besides. */
    double emulatorMillis() {
      return childrenMillis() - childrenMillis - pipelineMillis();
    }

    double ownMillis() {
      return millis(ProcessHandle.current()) - ownMillis;
    }

    private static double childrenMillis() {
      return ProcessHandle.current().descendants().mapToDouble(Cpu::millis).sum();
    }

    private static double millis(ProcessHandle process) {
      return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e6;
    }
  }
}
