package io.promptbeam.api.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConsoleRoutesTest {
  private static final Path SOURCES = Path.of("src/main/resources", ConsoleRoutes.FOLDER);

  private static List<String> namesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).map(f -> f.getFileName().toString()).toList();
    }
  }

  @Test
  void files_areServed_allOfThemAndNoOthers() throws IOException {
    assertThat(ConsoleRoutes.FILES).containsExactlyInAnyOrderElementsOf(namesIn(SOURCES));
    assertThat(ConsoleRoutes.PAGES)
        .containsExactlyInAnyOrderElementsOf(namesIn(SOURCES.resolve("pages")));
    assertThat(ConsoleRoutes.of()).hasSize(4).allMatch(route -> route.isOpen());
  }

  @Test
  void scripts_makeNoElementsOfText() throws IOException {
    Pattern risky =
        Pattern.compile(
            "innerHTML\\s*=|outerHTML\\s*=|insertAdjacentHTML|document\\.write|\\beval\\(|new Function"
                + "|DOMParser|createContextualFragment|setHTMLUnsafe|localStorage\\.setItem\\((?!NAME)");
    for (Path folder : List.of(SOURCES, SOURCES.resolve("pages"))) {
      for (String name : namesIn(folder)) {
        assertThat(Files.readString(folder.resolve(name))).as(name).doesNotContainPattern(risky);
      }
    }
  }
}
