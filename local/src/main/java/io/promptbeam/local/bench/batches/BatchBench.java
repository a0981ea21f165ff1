package io.promptbeam.local.bench.batches;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.local.bench.BenchModels;
import io.promptbeam.local.bench.CpuMeter;
import io.promptbeam.local.bench.Row;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The figures of batches. One run measures one after the other, never side by side. */
public final class BatchBench implements AutoCloseable {
  private static final long STATUS_EVERY_MILLIS = 50;
  private static final double NANOS_PER_SECOND = 1e9;

  /** Measured on a machine of two processors, with Redis beside it: not in the same run. */
  private static final String BULLMQ_PER_SECOND = "BullMQ: 1,300–1,580";

  private static final String BULLMQ_CPU_MILLIS = "BullMQ: 0.68–0.9";

  /** Of the model that the large batch asks for. */
  private static final long PER_SECOND = 300;

  private final BatchService service;
  private final Consumer<String> say;
  private long made;

  private BatchBench(BatchService service, Consumer<String> say) {
    this.service = service;
    this.say = say;
  }

  /**
   * Starts the embedded stack.
   *
   * @param say hears about progress
   */
  public static BatchBench start(Consumer<String> say) throws IOException {
    say.accept("starting the embedded stack");
    return new BatchBench(BatchService.start(BenchModels.catalog(PER_SECOND * 60)), say);
  }

  /** Until the JIT compiler has settled. */
  public void warmUp(int lines) throws IOException, InterruptedException {
    say.accept("warming up with " + lines + " single jobs and as many lines");
    singles(lines);
    service.awaitEnd(create(lines));
  }

  private void singles(int jobs) throws InterruptedException {
    service.runSingles(BenchModels.UNLIMITED, made, jobs);
    made += jobs;
  }

  /** Single jobs, then a batch of as many lines, each to its end; then the batch's results. */
  public List<Row> throughput(int lines) throws IOException, InterruptedException {
    say.accept("throughput: " + lines + " single jobs");
    CpuMeter singleCpu = new CpuMeter();
    long singlesBegin = System.nanoTime();
    singles(lines);
    double singleSeconds = secondsSince(singlesBegin);
    double singleOwn = singleCpu.ownMillisPer(lines);
    double singleEmulator = singleCpu.childrenMillisPer(lines);
    say.accept("throughput: " + lines + " lines");
    Path file = file(lines, BenchModels.UNLIMITED);
    String uploaded = service.upload(file);
    Files.delete(file);
    SimulatedProvider provider = service.provider(BenchModels.UNLIMITED);
    provider.resetStats();
    CpuMeter cpu = new CpuMeter();
    long begin = System.nanoTime();
    JsonNode ended = service.awaitEnd(service.create(uploaded));
    double seconds = secondsSince(begin);
    double own = cpu.ownMillisPer(lines);
    double emulator = cpu.childrenMillisPer(lines);
    say.accept("results: " + lines + " lines");
    long reading = System.nanoTime();
    long results = service.lines(ended.path("output_file_id").asText());
    double readSeconds = secondsSince(reading);
    return List.of(
        row("lines completed", (double) ended.path("request_counts").path("completed").asLong()),
        row("calls per line", (double) provider.stats().calls() / lines),
        row("lines/s, creation to end", lines / seconds, lines / singleSeconds, BULLMQ_PER_SECOND),
        row("CPU ms/line, this process", own, singleOwn, BULLMQ_CPU_MILLIS),
        row("CPU ms/line, Bigtable emulator", emulator, singleEmulator, "-"),
        new Row("results streamed, lines/s", number(results / readSeconds), "-", "≥ 10,000"));
  }

  /**
   * A batch that is too large to end here, of a model with a quota: how it is accepted, watched and
   * cancelled.
   */
  public List<Row> scale(int lines, int watchSeconds) throws IOException, InterruptedException {
    say.accept("scale: writing a file of " + lines + " lines");
    Path file = file(lines, BenchModels.LIMITED);
    long megabytes = Files.size(file) / 1_000_000;
    say.accept("scale: uploading " + megabytes + " MB");
    long begin = System.nanoTime();
    String uploaded = service.upload(file);
    Files.delete(file);
    double uploadSeconds = secondsSince(begin);
    say.accept("scale: expanding");
    long creating = System.nanoTime();
    String batch = service.create(uploaded);
    service.awaitExpanded(batch, lines);
    double expandSeconds = secondsSince(creating);
    say.accept("scale: watching for " + watchSeconds + " s");
    SimulatedProvider provider = service.provider(BenchModels.LIMITED);
    long callsBefore = provider.stats().calls();
    long watching = System.nanoTime();
    double[] status = statusMillis(batch, watchSeconds);
    double use = (provider.stats().calls() - callsBefore) / secondsSince(watching) / PER_SECOND;
    long resident = residentMegabytes();
    long cancelled = System.nanoTime();
    service.cancel(batch);
    JsonNode ended = service.awaitEnd(batch);
    long[] calls = provider.arrivalNanos();
    double lastCall = (Arrays.stream(calls).max().orElse(cancelled) - cancelled) / NANOS_PER_SECOND;
    JsonNode counts = ended.path("promptbeam").path("lines");
    return List.of(
        new Row("upload, lines/s", number(lines / uploadSeconds), "-", "-"),
        new Row("accepted and expanded, lines/s", number(lines / expandSeconds), "-", "≥ 5,000"),
        new Row("use of the quota while watched, %", number(100 * use), "-", "≥ 99"),
        row("status while it runs, p50 ms", percentile(status, 0.50)),
        new Row("status while it runs, p99 ms", number(percentile(status, 0.99)), "-", "< 250"),
        new Row("memory, MB resident", Long.toString(resident), "-", "< 4,096"),
        row("cancel → last call starts, s", Math.max(0, lastCall)),
        new Row(
            "lines accounted for at the end",
            String.format(
                Locale.ROOT,
                "%,d",
                counts.path("completed").asLong()
                    + counts.path("failed").asLong()
                    + counts.path("cancelled").asLong()),
            "-",
            String.format(Locale.ROOT, "%,d", lines)));
  }

  private double[] statusMillis(String batch, int seconds)
      throws IOException, InterruptedException {
    List<Double> millis = new ArrayList<>();
    long watching = System.nanoTime();
    while (millis.isEmpty() || secondsSince(watching) < seconds) {
      long begin = System.nanoTime();
      service.status(batch);
      double took = (System.nanoTime() - begin) / 1e6;
      millis.add(took);
      TimeUnit.MILLISECONDS.sleep(Math.max(0, STATUS_EVERY_MILLIS - (long) took));
    }
    return millis.stream().mapToDouble(each -> each).sorted().toArray();
  }

  private String create(int lines) throws IOException, InterruptedException {
    Path file = file(lines, BenchModels.UNLIMITED);
    String id = service.create(service.upload(file));
    Files.delete(file);
    return id;
  }

  private Path file(int lines, String model) throws IOException {
    Path file = Files.createTempFile("promptbeam-bench", ".jsonl");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < lines; i++) {
        out.write("{\"custom_id\":\"" + i + "\",\"method\":\"POST\",\"url\":");
        out.write("\"/v1/chat/completions\",\"body\":{\"model\":\"" + model);
        out.write("\",\"messages\":[{\"role\":\"user\",\"content\":\"");
        out.write(BenchModels.prompt(made++));
        out.write("\"}]}}\n");
      }
    }
    return file;
  }

  /** Of this process, from the kernel; of its heap where there is no such file. */
  private static long residentMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) / 1_024;
        }
      }
    }
    return (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20;
  }

  private static double percentile(double[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
  }

  private static double secondsSince(long beginNanos) {
    return (System.nanoTime() - beginNanos) / NANOS_PER_SECOND;
  }

  private static Row row(String figure, double value) {
    return new Row(figure, number(value), "-", "-");
  }

  private static Row row(String figure, double value, double ofSingleJobs, String others) {
    return new Row(figure, number(value), number(ofSingleJobs), others);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.2f", value);
  }

  @Override
  public void close() {
    service.close();
  }
}
