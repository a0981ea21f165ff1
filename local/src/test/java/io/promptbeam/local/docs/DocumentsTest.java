package io.promptbeam.local.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.local.cli.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents point at is there: files, headings, tests, options of the command. */
class DocumentsTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*)");
  private static final Pattern NAMED_TEST = Pattern.compile("(\\w+(?:Test|IT))(\\.\\w+)?");
  private static final Pattern COMMAND =
      Pattern.compile("(?:\\./)?promptbeam (?<verb>[a-z][a-z-]*)(?<rest> .*)?");
  private static final Pattern OPTION = Pattern.compile("(?<= )--[a-z-]+");

  private static final List<String> WITH_VERBS_OF_THEIR_OWN =
      List.of("batch", "keys", "dead-letter", "bench");

  /** A line outside fenced blocks. */
  private record Line(String page, int number, String text) {
    String at(String what) {
      return page + ":" + number + ": " + what;
    }
  }

  private static List<Line> prose() throws IOException {
    List<String> pages = new ArrayList<>(Pages.all());
    pages.addAll(List.of("CHANGELOG.md", "SECURITY.md"));
    List<Line> prose = new ArrayList<>();
    for (String page : pages) {
      prose.addAll(prose(page));
    }
    return prose;
  }

  private static List<Line> prose(String page) throws IOException {
    List<Line> prose = new ArrayList<>();
    boolean fenced = false;
    int number = 0;
    for (String line : Pages.lines(page)) {
      number++;
      if (line.strip().startsWith("```")) {
        fenced = !fenced;
      } else if (!fenced) {
        prose.add(new Line(page, number, line));
      }
    }
    return prose;
  }

  private static List<String> codeIn(Line line) {
    return CODE.matcher(line.text()).results().map(found -> found.group(1)).toList();
  }

  @Test
  void links_leadToFilesAndHeadingsThatExist() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Line line : prose()) {
      Matcher link = LINK.matcher(CODE.matcher(line.text()).replaceAll("code"));
      for (String target : link.results().map(found -> found.group(1)).toList()) {
        if (!target.contains("://") && !exists(line.page(), target)) {
          broken.add(line.at(target));
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static boolean exists(String page, String target) throws IOException {
    int hash = target.indexOf('#');
    String path = hash < 0 ? target : target.substring(0, hash);
    Path from = Pages.ROOT.resolve(page);
    Path file = path.isEmpty() ? from : from.resolveSibling(path).normalize();
    if (hash < 0 || !Files.isRegularFile(file)) {
      return Files.exists(file);
    }
    return anchors(Pages.ROOT.relativize(file).toString()).contains(target.substring(hash + 1));
  }

  /** As GitHub makes them of headings. */
  private static List<String> anchors(String page) throws IOException {
    return prose(page).stream()
        .map(line -> HEADING.matcher(line.text()))
        .filter(Matcher::matches)
        .map(
            heading ->
                heading
                    .group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-'))
        .toList();
  }

  @Test
  void tests_thatAreNamed_exist() throws IOException {
    Sources sources = new Sources();
    List<String> unknown = new ArrayList<>();
    for (Line line : prose()) {
      for (String code : codeIn(line)) {
        Matcher test = NAMED_TEST.matcher(code);
        if (test.matches() && !isThere(sources, test.toMatchResult())) {
          unknown.add(line.at(code));
        }
      }
    }
    assertThat(unknown).isEmpty();
  }

  private static boolean isThere(Sources sources, MatchResult test) {
    String method = test.group(2);
    return sources
        .text(test.group(1))
        .filter(text -> method == null || text.contains(" " + method.substring(1) + "("))
        .isPresent();
  }

  @Test
  void commands_haveOptionsThatTheProgramKnows() throws IOException {
    Map<List<String>, Optional<String>> help = new HashMap<>();
    List<String> wrong = new ArrayList<>();
    int seen = 0;
    for (Line line : prose()) {
      for (String code : codeIn(line)) {
        Matcher command = COMMAND.matcher(code);
        if (!command.matches()) {
          continue;
        }
        seen++;
        String rest = Objects.requireNonNullElse(command.group("rest"), "");
        Optional<String> known =
            help.computeIfAbsent(verbs(command.group("verb"), rest), DocumentsTest::help);
        if (known.isEmpty()
            || OPTION.matcher(rest).results().anyMatch(o -> !known.get().contains(o.group()))) {
          wrong.add(line.at(code));
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(seen).isGreaterThan(30);
  }

  @Test
  void placesOfTheArchitecture_areInTheSources() throws IOException {
    Set<String> places = places();
    List<String> unknown = new ArrayList<>();
    for (Line line : prose("docs/architecture.md")) {
      String[] columns = line.text().split("\\|", -1);
      if (columns.length > 3) {
        CODE.matcher(columns[2])
            .results()
            .flatMap(code -> alternatives(code.group(1)))
            .filter(place -> place.matches("[A-Z]\\w+|[\\w.-]+/[\\w./-]*"))
            .map(place -> place.replaceAll("/$", ""))
            .filter(place -> !places.contains(place))
            .forEach(place -> unknown.add(line.at(place)));
      }
    }
    assertThat(unknown).isEmpty();
  }

  /** Of {@code a{b,c}d}, both. */
  private static Stream<String> alternatives(String place) {
    Matcher matcher = Pattern.compile("(.*)\\{(.*)}(.*)").matcher(place);
    return matcher.matches()
        ? Stream.of(matcher.group(2).split(",", -1))
            .map(each -> matcher.group(1) + each + matcher.group(3))
        : Stream.of(place);
  }

  /** All ends of the paths of files and directories, classes also without their ending. */
  private static Set<String> places() throws IOException {
    Set<String> places = new HashSet<>();
    for (String root :
        List.of("job-model", "pipeline", "query-api", "local", "flink", "templates")) {
      Path module = Pages.ROOT.resolve(root);
      try (Stream<Path> files = Files.walk(module)) {
        files
            .filter(file -> !module.relativize(file).startsWith("target"))
            .forEach(
                file -> {
                  Path path = Pages.ROOT.relativize(file);
                  for (int i = 0; i < path.getNameCount(); i++) {
                    String end = path.subpath(i, path.getNameCount()).toString();
                    places.add(end);
                    places.add(end.replaceAll("\\.java$", ""));
                  }
                });
      }
    }
    return places;
  }

  @Test
  void models_ofTheReadme_areAFileThatIsTaken() throws Exception {
    String yaml =
        Pages.fences("README.md").stream()
            .filter(fence -> fence.language().equals("yaml"))
            .map(fence -> String.join("\n", fence.lines()) + "\n")
            .collect(Collectors.joining());
    ModelCatalog catalog = ModelCatalogLoader.parse("README.md", yaml);
    assertThat(catalog.models()).hasSize(4);
  }

  private static List<String> verbs(String verb, String rest) {
    String next = rest.strip().split(" ", 2)[0];
    return WITH_VERBS_OF_THEIR_OWN.contains(verb) && next.matches("[a-z][a-z-]*")
        ? List.of(verb, next)
        : List.of(verb);
  }

  /** Empty when there is no such verb. */
  private static Optional<String> help(List<String> verbs) {
    List<String> arguments = new ArrayList<>(verbs);
    arguments.add("--help");
    Console console = new Console(Map.of());
    return console.run(arguments.toArray(String[]::new)) == 0
        ? Optional.of(console.out())
        : Optional.empty();
  }
}
