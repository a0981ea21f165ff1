package io.promptbeam.local.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code docs/api.md}: a set-up for each language, and a snippet in each for every operation. */
record ApiDocument(List<ApiDocument.Snippet> setUps, List<ApiDocument.Snippet> snippets) {
  static final List<String> LANGUAGES = List.of("sh", "js", "java", "python");

  private static final Pattern OPERATION = Pattern.compile("### ([a-z][A-Za-z0-9]*)");
  private static final Pattern FENCE = Pattern.compile("```([a-z]*)");
  private static final Pattern PRINTS = Pattern.compile("(?:#|//) → (.*)");

  /**
   * A block of code.
   *
   * @param operation an operationId; empty for a set-up
   */
  record Snippet(String operation, String language, String code) {
    /** What it says that it prints. */
    List<String> prints() {
      List<String> prints = new ArrayList<>();
      Matcher lines = PRINTS.matcher(code);
      while (lines.find()) {
        prints.add(lines.group(1).strip());
      }
      return prints;
    }
  }

  static ApiDocument read() throws IOException {
    List<Snippet> setUps = new ArrayList<>();
    List<Snippet> snippets = new ArrayList<>();
    String operation = "";
    String language = "";
    StringBuilder code = new StringBuilder();
    boolean inside = false;
    for (String line : Files.readAllLines(Path.of("..", "docs", "api.md"))) {
      Matcher fence = FENCE.matcher(line);
      Matcher heading = OPERATION.matcher(line);
      if (inside && line.equals("```")) {
        inside = false;
        if (LANGUAGES.contains(language)) {
          (operation.isEmpty() ? setUps : snippets)
              .add(new Snippet(operation, language, code.toString()));
        }
      } else if (inside) {
        code.append(line).append('\n');
      } else if (fence.matches()) {
        inside = true;
        language = fence.group(1);
        code.setLength(0);
      } else if (heading.matches()) {
        operation = heading.group(1);
      } else if (line.startsWith("#")) {
        operation = "";
      }
    }
    return new ApiDocument(setUps, snippets);
  }

  /** The one set-up of a language. */
  String setUp(String language) {
    return setUps.stream()
        .filter(each -> each.language().equals(language))
        .map(Snippet::code)
        .findFirst()
        .orElseThrow();
  }

  List<Snippet> in(String language) {
    return snippets.stream().filter(each -> each.language().equals(language)).toList();
  }
}
