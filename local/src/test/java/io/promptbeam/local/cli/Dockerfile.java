package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The last stage of a Dockerfile, which is what an image is made of; only what ours uses. */
record Dockerfile(List<Instruction> lastStage) {
  /** One line of it. */
  record Instruction(String name, String arguments) {}

  static Dockerfile read(Path file) throws IOException {
    List<Instruction> stage = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split(" ", 2);
      if (parts[0].equals("FROM")) {
        stage.clear();
      }
      stage.add(new Instruction(parts[0], parts[1]));
    }
    return new Dockerfile(List.copyOf(stage));
  }

  List<String> all(String name) {
    return lastStage.stream()
        .filter(instruction -> instruction.name().equals(name))
        .map(Instruction::arguments)
        .toList();
  }

  String one(String name) {
    List<String> found = all(name);
    if (found.size() != 1) {
      throw new IllegalStateException(name + " is there " + found.size() + " times");
    }
    return found.get(0);
  }

  /** In its exec form, without which signals would reach a shell. */
  List<String> exec(String name) throws IOException {
    return List.of(new ObjectMapper().readValue(one(name), String[].class));
  }

  Map<String, String> environment() {
    Map<String, String> variables = new TreeMap<>();
    for (String pair : String.join(" ", all("ENV")).split(" ", -1)) {
      String[] parts = pair.split("=", 2);
      variables.put(parts[0], parts[1]);
    }
    return variables;
  }

  /** Does what the COPY lines say, from a checkout that is built, to below {@code root}. */
  void copy(Path checkout, Path root) throws IOException {
    for (String line : all("COPY")) {
      List<String> words = new ArrayList<>(List.of(line.split(" ", -1)));
      words.removeIf(word -> word.startsWith("--from="));
      Path to = root.resolve(words.remove(words.size() - 1).substring(1));
      Files.createDirectories(to);
      for (String word : words) {
        copy(checkout.resolve(word.replaceFirst("^/src/", "")), to, word);
      }
    }
  }

  private static void copy(Path from, Path to, String word) throws IOException {
    Path folder = word.endsWith("/") ? from : from.getParent();
    String names = word.endsWith("/") ? "*" : String.valueOf(from.getFileName());
    int copied = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, names)) {
      for (Path file : files) {
        Files.copy(file, to.resolve(file.getFileName()));
        copied++;
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (copied == 0) {
      throw new IOException("nothing is called " + from);
    }
  }
}
