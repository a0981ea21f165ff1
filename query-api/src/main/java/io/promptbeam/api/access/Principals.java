package io.promptbeam.api.access;

import io.promptbeam.access.Scope;
import io.promptbeam.api.http.Caller;
import io.promptbeam.job.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The accounts that signed tokens may let in, with their owners and scopes. Immutable.
 *
 * <p>The file has a line {@code EMAIL OWNER SCOPES} per account, the scopes parted by commas. Empty
 * lines and lines that begin with {@code #} do not count.
 */
public final class Principals {
  private final Map<String, Caller> callers;

  private Principals(Map<String, Caller> callers) {
    this.callers = Map.copyOf(callers);
  }

  /**
   * Reads a file of principals.
   *
   * @throws IllegalArgumentException naming the line that is wrong
   */
  public static Principals read(Path file) throws IOException {
    return parse(Files.readAllLines(file, StandardCharsets.UTF_8), file.getFileName().toString());
  }

  static Principals parse(List<String> lines, String name) {
    Map<String, Caller> callers = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).trim();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String where = name + ", line " + (i + 1) + ": ";
      String[] parts = line.split("\\s+", -1);
      Optional<Set<Scope>> scopes =
          parts.length == 3 ? Scope.parseList(parts[2]) : Optional.empty();
      if (scopes.isEmpty() || !parts[0].contains("@")) {
        throw new IllegalArgumentException(
            where + "expected EMAIL OWNER SCOPES, the scopes being of submit,read,admin");
      }
      Caller caller;
      try {
        caller = new Caller(new Owner(parts[1]), scopes.get());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(where + e.getMessage());
      }
      if (callers.put(parts[0].toLowerCase(Locale.ROOT), caller) != null) {
        throw new IllegalArgumentException(where + "this account stands in an earlier line too");
      }
    }
    if (callers.isEmpty()) {
      throw new IllegalArgumentException(name + " names nobody; each line is EMAIL OWNER SCOPES");
    }
    return new Principals(callers);
  }

  /** Whoever is not named stays outside. */
  Optional<Caller> find(String email) {
    return Optional.ofNullable(callers.get(email.toLowerCase(Locale.ROOT)));
  }
}
