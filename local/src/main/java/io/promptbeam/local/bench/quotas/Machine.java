package io.promptbeam.local.bench.quotas;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** This program once more, as a process of its own. Not thread-safe. */
final class Machine implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final BufferedWriter in;

  private Machine(Process process) {
    this.process = process;
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    in =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts it.
   *
   * @param main the class whose {@code main} takes {@code arguments}
   * @param log where its standard error goes
   */
  static Machine start(
      String main, List<String> arguments, Map<String, String> environment, Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    // Several of these share the processors: the collector with the fewest threads.
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC"));
    // And without the compiler that would go on for minutes: it took two fifths of what each used.
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Djava.util.concurrent.ForkJoinPool.common.parallelism=2");
    command.add("-Djdk.httpclient.keepalive.timeout=4");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(new File(log.toString())));
    return new Machine(builder.start());
  }

  /** Blocks until it says {@code line}. */
  void await(String line) throws IOException {
    for (String said = out.readLine(); !line.equals(said); said = out.readLine()) {
      if (said == null) {
        throw new IOException("a process of the benchmark ended early; the log says why");
      }
    }
  }

  void tell(String line) throws IOException {
    in.write(line);
    in.newLine();
    in.flush();
  }

  /** As SIGKILL does it. */
  void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
