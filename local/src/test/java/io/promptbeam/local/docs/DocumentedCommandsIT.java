package io.promptbeam.local.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.cli.Program;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command of README and docs, run against the service that README's own command starts. What
 * cannot be run here is in {@link Elsewhere}, with a test or a reason; there is no third way.
 */
@Timeout(600)
class DocumentedCommandsIT {
  private static final Set<String> SHELLS = Set.of("sh", "bash", "console");
  private static final String SERVICE = "./promptbeam up";
  private static final String FIRST_COMMAND =
      "./promptbeam run examples/support-tickets.jsonl --out results.jsonl";
  private static final List<String> BUILT = List.of("promptbeam.jar", "lib");
  private static final Pattern SERVER =
      Pattern.compile("([A-Z_]+=\\S+ )*(\\./)?promptbeam (up|api|pipeline)\\b.*", Pattern.DOTALL);
  private static final Pattern LAUNCHER =
      Pattern.compile("templates/(launch|build)\\.sh .*", Pattern.DOTALL);
  private static final Pattern LOOKS_LIKE_A_COMMAND =
      Pattern.compile(
          "(\\$ )?((\\./)?promptbeam|curl|mvn|gcloud|terraform|docker|npm|flink/\\S+|templates/\\S+)"
              + " .*");

  /** They tell of services that keep their keys in a store, which several processes share. */
  private static final Set<String> PAGES_WITH_EMULATORS =
      Set.of("docs/keys.md", "docs/migrating.md");

  /** As much of a page as its code needs, with the service as its site. */
  private static final String BROWSER =
      """
      const site = process.env.PROMPTBEAM_URL;
      const fetch = (path, options) => globalThis.fetch(new URL(path, site), options);
      const model_id = 'demo', job_id = process.env.JOB_ID;
      const show = what => console.log(JSON.stringify(what));
      await (async () => {
      %s
      })();
      """;

  private static final Deque<AutoCloseable> open = new ArrayDeque<>();
  private static final Set<String> notRun = new TreeSet<>();
  private static Path directory;
  private static Program up;
  private static URI service;
  private static String queue;
  private static CommandLineServer commandLine;
  private static Examples examples;
  private static Elsewhere elsewhere;
  private static int run;
  private static int covered;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    elsewhere = new Elsewhere();
    Path root = Files.createDirectory(directory.resolve("program"));
    installProgram(root);
    Path home = Files.createDirectory(directory.resolve("service"));
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "exec " + SERVICE).directory(root.toFile());
    builder.environment().keySet().removeIf(name -> name.endsWith("_EMULATOR_HOST"));
    builder.environment().keySet().removeIf(name -> name.startsWith("PROMPTBEAM_"));
    builder.environment().put("PROMPTBEAM_HOME", home.toString());
    builder.environment().put("PORT", "0");
    up = Program.start(builder);
    open.push(up);
    commandLine = CommandLineServer.start();
    open.push(commandLine);
    service = URI.create(up.awaitOutput("up at (http://127\\.0\\.0\\.1:[0-9]+)").group(1));
    queue = up.awaitOutput("PUBSUB_EMULATOR_HOST=(127\\.0\\.0\\.1:[0-9]+)").group(1);
    Workplace place = workplace("of examples");
    examples = new Examples(service.toString(), queue, place.file("requests.jsonl"));
  }

  /** The script beside the built jar, as in the project, but where nothing is newer than that. */
  private static void installProgram(Path root) throws IOException {
    Path target = Files.createDirectories(root.resolve("local/target"));
    for (String built : BUILT) {
      Files.createSymbolicLink(
          target.resolve(built), Pages.ROOT.resolve("local/target").resolve(built));
    }
    Files.copy(Pages.ROOT.resolve("promptbeam"), root.resolve("promptbeam"));
  }

  private static Workplace workplace(String page) throws IOException {
    Path place = Files.createDirectory(directory.resolve(page.replace('/', '_')));
    Workplace opened =
        Workplace.open(
            place, commandLine, directory.resolve("program").resolve("promptbeam"), service);
    open.push(opened);
    opened.set("PUBSUB_EMULATOR_HOST", queue);
    opened.set("URL", service.toString());
    opened.set("KEY", "any");
    return opened;
  }

  @AfterAll
  static void stop() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
    for (String built : BUILT) {
      Files.deleteIfExists(directory.resolve("program/local/target").resolve(built));
    }
    System.out.printf(
        "Commands of the documents: %d run here, %d by other tests or builds, %d not at all:%n",
        run, covered, notRun.size());
    notRun.forEach(line -> System.out.println("  " + line));
  }

  private static List<ShellCommand> commands(String page) throws IOException {
    List<ShellCommand> commands = new ArrayList<>();
    for (Pages.Fence fence : Pages.fences(page)) {
      if (SHELLS.contains(fence.language())) {
        commands.addAll(ShellCommand.of(fence));
      }
    }
    return commands;
  }

  @TestFactory
  Stream<DynamicContainer> page_hasCommandsThatWork() throws IOException {
    List<DynamicContainer> pages = new ArrayList<>();
    for (String page : Pages.all()) {
      if (elsewhere.covers(page)) {
        continue;
      }
      Place place = new Place(page);
      List<DynamicTest> tests = new ArrayList<>();
      commands(page).forEach(command -> tests.add(test(place, command)));
      browserCode(page).forEach(code -> tests.add(test(place, code)));
      if (!tests.isEmpty()) {
        pages.add(dynamicContainer(page, tests));
      }
    }
    assertThat(pages).hasSizeGreaterThan(5);
    return pages.stream();
  }

  /** What pages of a site would run: it asks for paths of its own. */
  private static List<Pages.Fence> browserCode(String page) throws IOException {
    return Pages.fences(page).stream()
        .filter(fence -> fence.language().equals("js"))
        .filter(fence -> String.join("\n", fence.lines()).matches("(?s).*fetch\\([`']/.*"))
        .toList();
  }

  private static DynamicTest test(Place place, Pages.Fence code) {
    return dynamicTest(
        code.line() + ": code of a page",
        () -> {
          assumeTrue(Workplace.canRun("node"), "node is not installed, and runs code of web pages");
          Path script = place.get().file("page.mjs");
          Files.writeString(script, BROWSER.formatted(String.join("\n", code.lines())));
          place
              .get()
              .run("JOB_ID=%s node page.mjs | grep output_text".formatted(examples.newJob()));
          run++;
        });
  }

  private static DynamicTest test(Place place, ShellCommand command) {
    return dynamicTest(
        command.line() + ": " + command.text(),
        () -> {
          try {
            check(place, command);
          } catch (AssertionError e) {
            throw new AssertionError(command.where() + ": " + e.getMessage(), e);
          }
        });
  }

  /** Opened when a command needs it. */
  private static final class Place {
    private final String page;
    private @Nullable Workplace workplace;

    Place(String page) {
      this.page = page;
    }

    Workplace get() throws IOException {
      if (workplace != null) {
        return workplace;
      }
      Workplace opened = workplace(page);
      workplace = opened;
      if (!page.equals("README.md")) {
        opened.shortenExamples(20);
      }
      if (PAGES_WITH_EMULATORS.contains(page)) {
        EmbeddedBigtable bigtable = EmbeddedBigtable.start();
        open.push(bigtable);
        EmbeddedPubsub pubsub = EmbeddedPubsub.start();
        open.push(pubsub);
        opened.set("BIGTABLE_EMULATOR_HOST", bigtable.hostAndPort());
        opened.set("PUBSUB_EMULATOR_HOST", pubsub.hostAndPort());
      }
      return opened;
    }
  }

  private static void check(Place place, ShellCommand command) throws Exception {
    String text = command.text();
    var notHere = Elsewhere.notHere(text);
    var other = Elsewhere.covered(text);
    if (notHere.isPresent()) {
      Elsewhere.checkNames(text);
      notRun.add(command.where() + ": " + notHere.get().reason());
    } else if (other.isPresent()) {
      elsewhere.check(other.get());
      covered++;
    } else if (text.startsWith("mvn ")) {
      elsewhere.checkMaven(text);
      covered++;
    } else {
      if (command.page().equals("README.md") && text.equals(SERVICE)) {
        assertThat(up.isAlive()).as("%s still runs", SERVICE).isTrue();
      } else {
        run(place.get(), text);
      }
      run++;
    }
  }

  private static void run(Workplace place, String text) throws Exception {
    if (SERVER.matcher(text).matches()) {
      place.serve(text);
    } else if (LAUNCHER.matcher(text).matches()) {
      place.run(text + " --dry-run");
    } else if (text.equals(FIRST_COMMAND)) {
      place.run("export REAL_PROGRAM=yes; " + text + "; unset REAL_PROGRAM");
      assertThat(place.file("results.jsonl")).content().hasLineCount(300);
    } else {
      place.run(examples.in(text));
    }
  }

  @Test
  void block_namesItsLanguage_whenItHoldsCommands() throws IOException {
    List<String> unnamed = new ArrayList<>();
    for (String page : Pages.all()) {
      for (Pages.Fence fence : Pages.fences(page)) {
        if (!elsewhere.covers(page)
            && fence.language().isEmpty()
            && fence.lines().stream().anyMatch(l -> LOOKS_LIKE_A_COMMAND.matcher(l).matches())) {
          unnamed.add(page + ":" + fence.line());
        }
      }
    }
    assertThat(unnamed).as("blocks of commands that do not say sh or console").isEmpty();
  }

  @Test
  void tables_nameOnlyCommandsThatAreInADocument() throws IOException {
    List<String> all = new ArrayList<>();
    for (String page : Pages.all()) {
      commands(page).forEach(command -> all.add(command.text()));
    }
    assertThat(Elsewhere.patterns())
        .allMatch(pattern -> all.stream().anyMatch(text -> pattern.matcher(text).matches()));
    assertThat(all).contains(SERVICE, FIRST_COMMAND);
  }
}
