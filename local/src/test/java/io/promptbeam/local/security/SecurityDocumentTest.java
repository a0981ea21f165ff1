package io.promptbeam.local.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The threat model names tests; they have to be there. */
class SecurityDocumentTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))`");
  private static final Pattern RISK = Pattern.compile("(?m)^\\| (API|LLM)(\\d+) .*");

  private static String document() throws IOException {
    return Files.readString(ROOT.resolve("docs").resolve("security.md"));
  }

  private static Set<String> named(String text) {
    Set<String> names = new TreeSet<>();
    Matcher name = NAMED.matcher(text);
    while (name.find()) {
      names.add(name.group(1));
    }
    return names;
  }

  private static Set<String> testClasses() throws IOException {
    Set<String> all = new TreeSet<>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path tests :
          modules
              .map(module -> module.resolve("src/test/java"))
              .filter(Files::isDirectory)
              .toList()) {
        try (Stream<Path> files = Files.walk(tests)) {
          all.addAll(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(file -> file.endsWith(".java"))
                  .map(file -> file.substring(0, file.length() - ".java".length()))
                  .collect(Collectors.toSet()));
        }
      }
    }
    return all;
  }

  @Test
  void everyTestThatIsNamed_exists() throws Exception {
    assertThat(testClasses()).contains("SecurityDocumentTest").containsAll(named(document()));
  }

  @Test
  void everyRisk_hasATest() throws Exception {
    List<String> risks = RISK.matcher(document()).results().map(found -> found.group()).toList();
    assertThat(risks).hasSize(20).allMatch(risk -> !named(risk).isEmpty());
  }
}
