package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged program as a process of its own, in an environment without other settings. */
public final class Program implements AutoCloseable {
  private final Process process;
  private final StringBuilder errors = new StringBuilder();
  private final Thread errorReader;
  private final StringBuilder out = new StringBuilder();
  private final Thread outReader;

  private Program(Process process) {
    this.process = process;
    errorReader = reader(process.getErrorStream(), errors);
    outReader = reader(process.getInputStream(), out);
  }

  /**
   * Starts it.
   *
   * @param directory to work in, with {@code home} below it for its logs
   * @param environment beside what a user's shell has
   */
  public static Program start(Path directory, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.add("-jar");
    command.add(Path.of("target", "promptbeam.jar").toAbsolutePath().toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.endsWith("_EMULATOR_HOST"));
    builder.environment().keySet().removeIf(name -> name.startsWith("PROMPTBEAM_"));
    builder.environment().put("PROMPTBEAM_HOME", directory.resolve("home").toString());
    // As on a terminal, so that progress is printed several times a second.
    builder.environment().put("PROMPTBEAM_COLUMNS", "100");
    builder.environment().putAll(environment);
    return start(builder);
  }

  public static Program start(ProcessBuilder builder) throws IOException {
    return new Program(builder.start());
  }

  private static Thread reader(InputStream in, StringBuilder to) {
    Thread thread =
        new Thread(
            () -> {
              try (var text = new InputStreamReader(in, StandardCharsets.UTF_8)) {
                for (int c = text.read(); c >= 0; c = text.read()) {
                  synchronized (to) {
                    to.append((char) c);
                    to.notifyAll();
                  }
                }
              } catch (IOException e) {
                // The process has ended.
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  public int exitStatus() throws InterruptedException {
    int status = process.waitFor();
    errorReader.join();
    outReader.join();
    return status;
  }

  public String errorOutput() throws InterruptedException {
    exitStatus();
    return errors.toString();
  }

  public String output() throws InterruptedException {
    exitStatus();
    return out.toString();
  }

  public Matcher find(String pattern) throws InterruptedException {
    Matcher matcher = Pattern.compile(pattern).matcher(errorOutput());
    assertThat(matcher.find()).as("%s in %s", pattern, errorOutput()).isTrue();
    return matcher;
  }

  /**
   * Waits until standard error shows {@code pattern}, whole: what more output may still lengthen,
   * such as the digits of a port, is not taken before something else follows.
   */
  public Matcher awaitOutput(String pattern) throws InterruptedException {
    Pattern wanted = Pattern.compile(pattern);
    synchronized (errors) {
      Matcher matcher = wanted.matcher(errors.toString());
      while (!matcher.find() || matcher.hitEnd()) {
        assertThat(process.isAlive()).as("running, but said %s", errors).isTrue();
        errors.wait(1_000);
        matcher = wanted.matcher(errors.toString());
      }
      return matcher;
    }
  }

  /** Ends it as a machine that dies would: nothing is cleaned up. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** SIGTERM, as a supervisor sends it. */
  public void terminate() throws IOException, InterruptedException {
    // Not by the process's own method, which would stop us reading what it says.
    new ProcessBuilder("kill", "-TERM", String.valueOf(process.pid())).start().waitFor();
  }

  public void interrupt() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
  }

  /** Asks it to end, and kills it when it has not after a while. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
