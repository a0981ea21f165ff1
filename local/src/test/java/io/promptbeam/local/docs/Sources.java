package io.promptbeam.local.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The tests of all modules, by their classes' simple names. */
final class Sources {
  private final Map<String, Path> tests = new TreeMap<>();

  Sources() throws IOException {
    try (Stream<Path> modules = Files.list(Pages.ROOT)) {
      for (Path root :
          modules
              .map(module -> module.resolve("src/test/java"))
              .filter(Files::isDirectory)
              .toList()) {
        try (Stream<Path> files = Files.walk(root)) {
          files
              .filter(file -> file.toString().endsWith(".java"))
              .forEach(file -> tests.put(file.getFileName().toString().replace(".java", ""), file));
        }
      }
    }
  }

  /** The text of a test class, or of another file by its path. */
  Optional<String> text(String name) {
    Path file = tests.getOrDefault(name, Pages.ROOT.resolve(name));
    return Files.isRegularFile(file) ? Optional.of(read(file)) : Optional.empty();
  }

  boolean anyTestSays(String word) {
    return tests.values().stream().anyMatch(file -> read(file).contains(word));
  }

  static boolean isModule(String name) {
    return Files.isRegularFile(Pages.ROOT.resolve(name).resolve("pom.xml"));
  }

  static String pom() {
    return read(Pages.ROOT.resolve("pom.xml"));
  }

  static List<String> terraform() throws IOException {
    try (Stream<Path> files = Files.list(Pages.ROOT.resolve("templates/infrastructure"))) {
      return files.filter(file -> file.toString().endsWith(".tf")).map(Sources::read).toList();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
