package io.promptbeam.flink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A script of this module, or another program, as a process whose output goes to a file. */
final class Script implements AutoCloseable {
  /** Of this module, where tests run. */
  static final Path MODULE = Path.of("").toAbsolutePath();

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Process process;
  private final Path log;

  private Script(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static Script start(Path log, Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()));
    builder.environment().keySet().removeIf(name -> name.endsWith("_EMULATOR_HOST"));
    builder.environment().putAll(environment);
    return new Script(builder.start(), log);
  }

  /** One of {@code flink/*.sh}, which put the JVM in their own place: killing it kills the JVM. */
  static Script start(Path log, Map<String, String> environment, String script, List<String> args)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(MODULE.resolve(script).toString());
    command.addAll(args);
    return start(log, environment, command);
  }

  Process process() {
    return process;
  }

  String output() throws IOException {
    return Files.readString(log, StandardCharsets.UTF_8);
  }

  /** Waits until its output holds {@code text}. */
  void awaitOutput(String text, Duration patience) throws IOException {
    long begin = System.nanoTime();
    while (!output().contains(text)) {
      if (!process.isAlive() || System.nanoTime() - begin > patience.toNanos()) {
        throw new AssertionError("waited in vain for '" + text + "' in:\n" + output());
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** Ends it as a machine that dies would: nothing is cleaned up. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    terminate();
  }

  /** Asks it to end, and kills it when it has not after a while. */
  void terminate() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
