package io.promptbeam.local.bench;

import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.pipeline.llm.simulated.SimulatedStats;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The figures of the embedded stack. One run measures one after the other, never side by side. */
public final class Benchmarks implements AutoCloseable {
  private static final double NANOS_PER_SECOND = 1e9;

  private final BenchStack stack;
  private final long quotaPerSecond;
  private final Consumer<String> say;

  private Benchmarks(BenchStack stack, long quotaPerSecond, Consumer<String> say) {
    this.stack = stack;
    this.quotaPerSecond = quotaPerSecond;
    this.say = say;
  }

  /**
   * Starts the embedded stack.
   *
   * @param quotaPerSecond requests/s of the model with a quota; its provider enforces it with a
   *     token bucket of one second
   * @param say hears about progress
   */
  public static Benchmarks start(long quotaPerSecond, Consumer<String> say) throws IOException {
    say.accept("starting the embedded stack");
    return new Benchmarks(BenchStack.start(quotaPerSecond * 60), quotaPerSecond, say);
  }

  /** Jobs until the JIT compiler has settled. */
  public void warmUp(int jobs) throws InterruptedException {
    say.accept("warming up with " + jobs + " jobs");
    stack.submit(BenchStack.UNLIMITED, jobs);
    stack.awaitAll(this::report);
    new DirectClient(stack.provider(BenchStack.UNLIMITED).baseUrl()).run(0, Math.min(jobs, 5_000));
  }

  /** From the first submission to the last recorded answer, without a quota. */
  public List<Row> throughput(int jobs) throws InterruptedException {
    say.accept("throughput: " + jobs + " jobs");
    SimulatedProvider provider = stack.provider(BenchStack.UNLIMITED);
    provider.resetStats();
    CpuMeter cpu = new CpuMeter();
    long begin = System.nanoTime();
    stack.submit(BenchStack.UNLIMITED, jobs);
    double submitSeconds = secondsSince(begin);
    stack.awaitAll(this::report);
    double seconds = secondsSince(begin);
    double own = cpu.ownMillisPer(jobs);
    double emulator = cpu.childrenMillisPer(jobs);
    long calls = provider.stats().calls();

    say.accept("reference: " + jobs + " calls straight to the provider");
    CpuMeter directCpu = new CpuMeter();
    long directBegin = System.nanoTime();
    new DirectClient(provider.baseUrl()).run(1_000_000_000L, jobs);
    double directSeconds = secondsSince(directBegin);
    return List.of(
        row("jobs/s, no quota", jobs / seconds, jobs / directSeconds, "≥ 400, aim 700"),
        row("CPU ms/job, this process", own, directCpu.ownMillisPer(jobs), "2.0"),
        row("CPU ms/job, Bigtable emulator", emulator, "-"),
        row("jobs/s accepted in bulk", jobs / submitSeconds, "-"),
        row("calls per job", (double) calls / jobs, "1.00"));
  }

  /** How much of a quota is used while there is work, and whether it is ever exceeded. */
  public List<Row> quota(int seconds) throws InterruptedException {
    int jobs = Math.toIntExact(quotaPerSecond * seconds);
    say.accept("quota: " + jobs + " jobs at " + quotaPerSecond + " requests/s");
    SimulatedProvider provider = stack.provider(BenchStack.LIMITED);
    provider.resetStats();
    stack.submit(BenchStack.LIMITED, jobs);
    stack.awaitAll(this::report);
    SimulatedStats stats = provider.stats();
    long[] arrivals = provider.arrivalNanos();
    Arrays.sort(arrivals);
    long from = arrivals[0] + TimeUnit.SECONDS.toNanos(2);
    long until = arrivals[arrivals.length - 1];
    long inWindow = Arrays.stream(arrivals).filter(at -> at >= from && at < until).count();
    double allowed = (until - from) / NANOS_PER_SECOND * quotaPerSecond;
    return List.of(
        new Row(
            "use of " + quotaPerSecond + " requests/s, from the 3rd second",
            String.format(Locale.ROOT, "%.1f %%", 100.0 * inWindow / allowed),
            "-",
            "≥ 97 %"),
        new Row("429s caused", Long.toString(stats.limited()), "-", "0"));
  }

  /** From submitting to an idle stack until the provider sees the call. */
  public List<Row> latency(int jobs) throws InterruptedException {
    say.accept("latency: " + jobs + " jobs, one at a time");
    SimulatedProvider provider = stack.provider(BenchStack.UNLIMITED);
    double[] millis = new double[jobs];
    Random random = new Random(1);
    for (int i = 0; i < jobs; i++) {
      // Irregular, so as not to keep step with any timer of ours.
      TimeUnit.MILLISECONDS.sleep(50 + random.nextInt(400));
      provider.resetStats();
      long begin = System.nanoTime();
      stack.submitOne(BenchStack.UNLIMITED);
      stack.awaitAll((ended, submitted) -> {});
      millis[i] = (provider.arrivalNanos()[0] - begin) / 1e6;
      if (i % 10 == 9) {
        say.accept("latency: " + (i + 1) + " of " + jobs);
      }
    }
    Arrays.sort(millis);
    return List.of(
        row("submit → call starts, idle, p50 ms", percentile(millis, 0.50), "≤ 200, aim 150"),
        row("submit → call starts, idle, p99 ms", percentile(millis, 0.99), "≤ 500"));
  }

  private void report(long ended, long submitted) {
    say.accept(ended + " of " + submitted + " jobs ended");
  }

  private static double percentile(double[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
  }

  private static double secondsSince(long beginNanos) {
    return (System.nanoTime() - beginNanos) / NANOS_PER_SECOND;
  }

  private static Row row(String figure, double ours, double reference, String target) {
    return new Row(figure, number(ours), number(reference), target);
  }

  private static Row row(String figure, double ours, String target) {
    return new Row(figure, number(ours), "-", target);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
  }

  @Override
  public void close() {
    stack.close();
  }
}
