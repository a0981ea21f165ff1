package io.promptbeam.local.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.local.cli.Program;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where one page's commands run, one after the other, in a shell: variables that one exports and
 * files that it writes are there for the next.
 */
final class Workplace implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 240;
  private static final Pattern ADMIN_PORT = Pattern.compile("--admin-port[ =]([0-9]+)");
  private static final String MODELS =
      """
      models:
        - id: mini
          provider: simulated
          simulated: {latency_ms_median: 20}
      """;
  private static final String REQUEST =
      """
      {"custom_id":"a","method":"POST","url":"/v1/chat/completions",\
      "body":{"model":"demo","messages":[{"role":"user","content":"One"}]}}
      """;

  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private final List<Program> servers = new ArrayList<>();
  private final Map<String, URI> addresses = new HashMap<>();

  private Workplace(Path directory) {
    this.directory = directory;
  }

  /** With what the documents take for given: the program, a few files, and a service that is up. */
  static Workplace open(Path directory, CommandLineServer commands, Path program, URI service)
      throws IOException {
    Files.createDirectories(directory.resolve("calls"));
    commands.installAt(directory.resolve("promptbeam"), program);
    copyExamples(directory.resolve("examples"));
    Files.createSymbolicLink(directory.resolve("templates"), Pages.ROOT.resolve("templates"));
    Files.copy(
        Pages.ROOT.resolve("templates/infrastructure/terraform.tfvars.example"),
        directory.resolve("terraform.tfvars.example"));
    Files.writeString(directory.resolve("models.yaml"), MODELS);
    Files.writeString(directory.resolve("prompts.jsonl"), "{\"prompt\":\"One\"}\n");
    Files.writeString(directory.resolve("requests.jsonl"), REQUEST);
    Files.writeString(directory.resolve("principals.txt"), "ann@example.com acme read\n");
    Files.writeString(directory.resolve(".curlrc"), "fail-with-body\nmax-time = 60\n");
    Workplace place = new Workplace(directory);
    place.set("HOME", directory.toString());
    place.set("CURL_HOME", directory.toString());
    place.set("CALLS", directory.resolve("calls").toString());
    place.set("PATH", directory + ":" + System.getenv("PATH"));
    place.set("PROMPTBEAM_HOME", directory.resolve("home").toString());
    // A server of a page takes any free port, and so leaves 8080 to whoever has it.
    place.set("PORT", "0");
    place.set("PROMPTBEAM_URL", service.toString());
    place.addresses.put("127.0.0.1:8080", service);
    return place;
  }

  private static void copyExamples(Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(Pages.ROOT.resolve("examples"))) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  static boolean canRun(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
  }

  void set(String name, String value) {
    environment.put(name, value);
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  /** Runs it to its end. */
  void run(String text) throws IOException, InterruptedException {
    Path out = Files.createTempFile(directory, "out", ".txt");
    Process process =
        shell(kept() + "set -eu -o pipefail\n" + here(text) + "\n")
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    process.getOutputStream().close();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError("did not end: " + text);
    }
    assertThat(process.exitValue())
        .as("%s%nran as: %s%nand said: %s", text, here(text), Files.readString(out, UTF_8))
        .isZero();
  }

  /** Starts what serves until it is told to stop; from now on this page means that service. */
  void serve(String text) throws IOException, InterruptedException {
    Program server =
        Program.start(
            shell(
                kept()
                    + "exec env "
                    + loopback(text).replaceAll("(--(?:admin-)?port)[ =][0-9]+", "$1 0")
                    + "\n"));
    servers.add(server);
    Matcher at = server.awaitOutput("(?:up at|Listening on) (http://[0-9.]+:[0-9]+)");
    URI service = URI.create(at.group(1));
    set("PROMPTBEAM_URL", service.toString());
    addresses.put("127.0.0.1:8080", service);
    addresses.put("https://promptbeam.example", service);
    Matcher admin = ADMIN_PORT.matcher(text);
    if (admin.find()) {
      Matcher metrics = server.awaitOutput("Metrics: (http://[0-9.]+:[0-9]+)/metrics");
      addresses.put("127.0.0.1:" + admin.group(1), URI.create(metrics.group(1)));
    }
  }

  /** Sources what the command before exported, and keeps what this one will. */
  private static String kept() {
    return "[ ! -f .exports ] || . ./.exports\ntrap 'export -p >.exports' EXIT\n";
  }

  private ProcessBuilder shell(String script) {
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", script).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.endsWith("_EMULATOR_HOST"));
    builder.environment().keySet().removeIf(name -> name.startsWith("PROMPTBEAM_"));
    builder.environment().putAll(environment);
    return builder;
  }

  /** With the addresses of this page's service, its keys, and nothing outside this directory. */
  private String here(String text) {
    String here =
        loopback(text)
            .replace(" /tmp/", " " + directory + "/")
            .replace("6c70a75cdde99252-1", "$(sed 's/^pb_//; s/_.*//' key.txt)");
    for (Map.Entry<String, URI> address : addresses.entrySet()) {
      String documented = address.getKey();
      URI real = address.getValue();
      here =
          here.replace(
              documented, documented.contains("://") ? real.toString() : real.getAuthority());
    }
    return here;
  }

  private static String loopback(String text) {
    return text.replace("0.0.0.0", "127.0.0.1");
  }

  /** Keeps what {@code run} takes short, where how long it takes is not the point. */
  void shortenExamples(int lines) throws IOException {
    Path tickets = directory.resolve("examples/support-tickets.jsonl");
    Files.write(tickets, Files.readAllLines(tickets).subList(0, lines));
  }

  @Override
  public void close() throws IOException {
    servers.forEach(Program::close);
    Files.deleteIfExists(directory.resolve("templates"));
  }
}
