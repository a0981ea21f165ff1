package io.promptbeam.local.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The documents of this project, and the fenced blocks in them. */
final class Pages {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String FENCE = "```";

  private Pages() {}

  /** A fenced block, without its indentation in a list. */
  record Fence(String page, int line, String language, List<String> lines) {}

  /** Paths below the project's directory, what people read first coming first. */
  static List<String> all() throws IOException {
    List<String> pages = new ArrayList<>(List.of("README.md", "CONTRIBUTING.md"));
    try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
      files
          .map(file -> "docs/" + file.getFileName())
          .filter(page -> page.endsWith(".md"))
          .sorted()
          .forEach(pages::add);
    }
    pages.add("templates/README.md");
    pages.add("templates/infrastructure/README.md");
    return pages;
  }

  static List<String> lines(String page) throws IOException {
    return Files.readAllLines(ROOT.resolve(page));
  }

  static List<Fence> fences(String page) throws IOException {
    List<Fence> fences = new ArrayList<>();
    List<String> lines = lines(page);
    for (int i = 0; i < lines.size(); i++) {
      String opening = lines.get(i);
      if (!opening.stripLeading().startsWith(FENCE)) {
        continue;
      }
      int indent = opening.indexOf(FENCE);
      List<String> inside = new ArrayList<>();
      int start = i + 1;
      while (++i < lines.size() && !lines.get(i).strip().equals(FENCE)) {
        String line = lines.get(i);
        inside.add(line.substring(Math.min(indent, line.length() - line.stripLeading().length())));
      }
      if (i == lines.size()) {
        throw new IllegalStateException(page + ":" + start + ": a fenced block does not end");
      }
      fences.add(new Fence(page, start, opening.strip().substring(FENCE.length()), inside));
    }
    return fences;
  }
}
