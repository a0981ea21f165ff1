package io.promptbeam.templates;

import java.util.Map;
import org.apache.beam.sdk.harness.JvmInitializer;

/**
 * What the `promptbeam` command says to its JVM by flags, for workers whose flags others choose:
 * Beam runs this before anything else on a worker. What a flag says already, stays.
 */
public final class WorkerJvm implements JvmInitializer {
  @Override
  public void onStartup() {
    settings(Runtime.getRuntime().availableProcessors())
        .forEach(
            (name, value) -> {
              if (System.getProperty(name) == null) {
                System.setProperty(name, value);
              }
            });
  }

  static Map<String, String> settings(int processors) {
    // Some LLM servers close idle connections after 5 s; reusing one they have closed fails the
    // call.
    String keepAlive = "jdk.httpclient.keepalive.timeout";
    // With a common pool of one thread, the JDK's HTTP client starts a thread for every call.
    return processors > 2
        ? Map.of(keepAlive, "4")
        : Map.of(keepAlive, "4", "java.util.concurrent.ForkJoinPool.common.parallelism", "2");
  }
}
