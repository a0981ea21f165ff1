package io.promptbeam.pipeline.llm.simulated;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.pipeline.llm.LlmClient;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes 1,000 calls a second with a fixed latency and prints what they cost: processor time by
 * thread, and how late answers were, as the caller saw it. Arguments: calls a second, seconds.
 */
final class SimulatedProviderLoad {
  private static final long LATENCY_NANOS = 400_000_000;

  /** Each call has a connection: without a bound, a stalled machine runs out of files. */
  private static final int MAX_IN_FLIGHT = 3_000;

  private SimulatedProviderLoad() {}

  public static void main(String[] args) throws Exception {
    int perSecond = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    var catalog =
        ModelCatalogLoader.parse(
            "load",
            "models: [{id: m, provider: simulated, simulated: {latency_ms_median: 400,"
                + " latency_sigma: 0}}]");
    try (var clients = HttpLlmClients.open(catalog, new SecretResolver(name -> Optional.empty()))) {
      LlmClient client = clients.client("m");
      System.out.println("warm-up");
      run(client, perSecond, 2 * seconds);
      clients.simulated("m").orElseThrow().resetStats();
      Map<String, Long> before = cpuByRole();
      long[] lateNanos = run(client, perSecond, seconds);
      Map<String, Long> after = cpuByRole();
      int count = lateNanos.length;
      after.forEach(
          (role, nanos) ->
              System.out.printf(
                  "%-10s %.3f CPU ms/call%n",
                  role, (nanos - before.getOrDefault(role, 0L)) / 1e6 / count));
      Arrays.sort(lateNanos);
      System.out.printf(
          "answers late by p50 %.2f ms, p99 %.2f ms, max %.2f ms%n",
          lateNanos[count / 2] / 1e6,
          lateNanos[count * 99 / 100] / 1e6,
          lateNanos[count - 1] / 1e6);
      System.out.println(clients.simulated("m").orElseThrow().stats());
    }
  }

  private static long[] run(LlmClient client, int perSecond, int seconds) throws Exception {
    int count = perSecond * seconds;
    long[] lateNanos = new long[count];
    var done = new Semaphore(0);
    var open = new Semaphore(MAX_IN_FLIGHT);
    var next = new AtomicInteger();
    var json = new ObjectMapper();
    String filler = "the customer writes about a refund of an order that arrived broken ".repeat(9);
    var pacer = Executors.newSingleThreadScheduledExecutor();
    long start = System.nanoTime();
    var unused =
        pacer.scheduleAtFixedRate(
            () -> {
              long due = (System.nanoTime() - start) * perSecond / 1_000_000_000;
              while (next.get() < Math.min(due, count) && open.tryAcquire()) {
                int call = next.getAndIncrement();
                var prompt =
                    new LlmRequest.Prompt(Optional.empty(), call + filler, json.createObjectNode());
                long began = System.nanoTime();
                var unusedCall =
                    client
                        .call(prompt, Duration.ofSeconds(60))
                        .whenComplete(
                            (answer, failure) -> {
                              if (failure != null) {
                                System.out.println(failure.getMessage());
                              }
                              lateNanos[call] = System.nanoTime() - began - LATENCY_NANOS;
                              done.release();
                              open.release();
                            });
              }
            },
            0,
            2,
            TimeUnit.MILLISECONDS);
    done.acquire(count);
    pacer.shutdownNow();
    return lateNanos;
  }

  private static Map<String, Long> cpuByRole() {
    var threads = ManagementFactory.getThreadMXBean();
    var nanosByRole = new TreeMap<String, Long>();
    for (long id : threads.getAllThreadIds()) {
      var info = threads.getThreadInfo(id);
      if (info != null) {
        String name = info.getThreadName();
        String role = name.replaceAll("[0-9].*", "");
        nanosByRole.merge(role, threads.getThreadCpuTime(id), Long::sum);
      }
    }
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      nanosByRole.put("process", system.getProcessCpuTime());
    }
    return nanosByRole;
  }
}
