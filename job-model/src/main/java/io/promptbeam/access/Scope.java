package io.promptbeam.access;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What a caller may do. */
public enum Scope {
  /** Make jobs, batches and files, and change or remove one's own. */
  SUBMIT,

  /** See one's own jobs, batches, files and usage. */
  READ,

  /** Everything, with every owner's, and the keys. */
  ADMIN;

  /** What a key may do when nothing is said. */
  public static final Set<Scope> DEFAULT = Set.of(SUBMIT, READ);

  /** Stored: do not change. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Scope> parse(String wireName) {
    return Arrays.stream(values()).filter(scope -> scope.wireName().equals(wireName)).findFirst();
  }

  /** Names parted by commas; empty where one is no scope, or none is named. */
  public static Optional<Set<Scope>> parseList(String text) {
    return parseAll(Arrays.asList(text.split(",", -1)));
  }

  /** Empty where one is no scope, or none is named. */
  public static Optional<Set<Scope>> parseAll(Collection<String> names) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String name : names) {
      Optional<Scope> scope = parse(name.strip());
      if (scope.isEmpty()) {
        return Optional.empty();
      }
      scopes.add(scope.get());
    }
    return scopes.isEmpty() ? Optional.empty() : Optional.of(Set.copyOf(scopes));
  }

  /** Parted by commas, always in the same order. */
  public static String list(Set<Scope> scopes) {
    return scopes.stream().sorted().map(Scope::wireName).collect(Collectors.joining(","));
  }
}
