package io.promptbeam.local.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Commands that the test of the documents does not run itself, and what it knows of them. */
final class Elsewhere {
  /**
   * @param test a class, or a file of the project, that runs such commands
   * @param word of the command that is in it
   */
  record Covered(Pattern command, String test, String word) {}

  /** What needs a cloud or the internet. */
  record NotHere(Pattern command, String reason) {}

  private static final List<Covered> COVERED =
      List.of(
          covered("flink/run\\.sh --bigtable=emulator.*", "EmbeddedFlinkIT", "run.sh"),
          covered("flink/run\\.sh --flinkMaster=.*", "FlinkClusterIT", "run.sh"),
          covered("flink/cluster\\.sh .*", "FlinkClusterIT", "cluster.sh"),
          covered("terraform init", "templates/infrastructure/check.sh", "terraform init"));

  private static final List<NotHere> NOT_HERE =
      List.of(
          notHere(
              "terraform apply", "makes things in a project of Google Cloud; check.sh plans it"),
          notHere(
              "terraform output -raw \\w+",
              "reads what apply made; here the output is looked for in the files"),
          notHere(
              "flink/run\\.sh --models=gs://.*",
              "reads from Google Cloud; EmbeddedFlinkIT runs the script against emulators"),
          notHere(
              "gcloud dataflow flex-template run .*",
              "launches in Google Cloud; GcloudIT launches every template at a stand-in for it"),
          notHere("gcloud pubsub subscriptions create .*", "makes a subscription in Google Cloud"),
          notHere(
              ".*\\$\\(gcloud auth print-identity-token .*",
              "needs a Google account; AccessMatrixIT and TrustedTokensTest have tokens of their own"),
          notHere("docker run .*jaeger.*", "starts a container that is downloaded"),
          notHere("osv-scanner .*", "asks a database on the internet"),
          notHere("mvn org\\.owasp:dependency-check-maven:.*", "downloads a database, with a key"));

  /** Pages whose snippets belong together, by the test that runs them in all their languages. */
  private static final Map<String, String> PAGES = Map.of("docs/api.md", "ApiExamplesIT");

  private static final Set<String> PHASES = Set.of("verify", "test", "package");
  private static final Pattern OUTPUT = Pattern.compile("terraform output -raw (\\w+)");

  private final Sources sources = new Sources();

  Elsewhere() throws IOException {}

  private static Covered covered(String command, String test, String word) {
    return new Covered(Pattern.compile(command, Pattern.DOTALL), test, word);
  }

  private static NotHere notHere(String command, String reason) {
    return new NotHere(Pattern.compile(command, Pattern.DOTALL), reason);
  }

  /** Whether another test runs all of the page. */
  boolean covers(String page) {
    if (PAGES.containsKey(page)) {
      String name = page.substring(page.lastIndexOf('/') + 1);
      assertThat(sources.text(PAGES.get(page)))
          .as("%s runs %s", PAGES.get(page), page)
          .hasValueSatisfying(text -> assertThat(text).contains(name));
      return true;
    }
    return false;
  }

  static Optional<NotHere> notHere(String command) {
    return NOT_HERE.stream().filter(entry -> entry.command().matcher(command).matches()).findAny();
  }

  static Optional<Covered> covered(String command) {
    return COVERED.stream().filter(entry -> entry.command().matcher(command).matches()).findAny();
  }

  static List<Pattern> patterns() {
    return Stream.concat(
            COVERED.stream().map(Covered::command), NOT_HERE.stream().map(NotHere::command))
        .toList();
  }

  void check(Covered entry) {
    assertThat(sources.text(entry.test()))
        .as("%s runs %s", entry.test(), entry.command())
        .hasValueSatisfying(text -> assertThat(text).contains(entry.word()));
  }

  /** Of what cannot be run, at least the names in it. */
  static void checkNames(String command) throws IOException {
    Matcher output = OUTPUT.matcher(command);
    if (output.matches()) {
      assertThat(Sources.terraform())
          .as("an output %s", output.group(1))
          .anyMatch(file -> file.contains("output \"" + output.group(1) + "\""));
    }
  }

  /** A build does not run itself: modules, tests, profiles and properties have to be there. */
  void checkMaven(String command) {
    for (String word : List.of(command.replace("'", "").split("\\s+", -1))) {
      if (word.matches("-Dtest=.*|-Dit\\.test=.*")) {
        for (String test : list(word)) {
          assertThat(test.equals("NONE") || sources.text(test).isPresent())
              .as("test %s", test)
              .isTrue();
        }
      } else if (word.startsWith("-Dpromptbeam.")) {
        String property = word.substring("-D".length()).replaceAll("=.*", "");
        assertThat(sources.anyTestSays('"' + property + '"'))
            .as("a test reads %s", property)
            .isTrue();
      } else if (word.startsWith("-P")) {
        assertThat(Sources.pom()).contains("<id>" + word.substring(2) + "</id>");
      } else if (word.contains(":") && !word.startsWith("-")) {
        assertThat(Sources.pom())
            .contains("<artifactId>" + word.replaceAll(":.*", "") + "-maven-plugin</artifactId>");
      } else if (command.contains("-pl " + word)) {
        assertThat(List.of(word.split(",", -1))).allMatch(Sources::isModule, "is a module");
      } else if (!word.startsWith("-") && !word.equals("mvn")) {
        assertThat(PHASES).contains(word);
      }
    }
    if (command.equals("mvn -B verify")) {
      assertThat(sources.text(".ci/run").orElseThrow()).contains(command);
    }
  }

  private static List<String> list(String word) {
    return List.of(word.substring(word.indexOf('=') + 1).split(",", -1));
  }
}
