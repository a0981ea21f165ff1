package io.promptbeam.api;

import io.promptbeam.access.Scope;
import io.promptbeam.api.http.AccessGate;
import io.promptbeam.api.http.Caller;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The callers of a server: for each API key its SHA-256, its owner and its scopes, never the key.
 * Immutable.
 *
 * <p>The file has a line {@code OWNER SHA256HEX [SCOPES]} per key; an owner may have several. A key
 * may submit and read where its line names no scopes. Empty lines and lines that begin with {@code
 * #} do not count.
 */
public final class ApiKeys implements AccessGate.Credentials {
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private final Map<String, Caller> callerByHash;

  private ApiKeys(Map<String, Caller> callerByHash) {
    this.callerByHash = new TreeMap<>(callerByHash);
  }

  /**
   * Reads a key file.
   *
   * @throws IllegalArgumentException naming the line that is wrong, without its text
   */
  public static ApiKeys read(Path file) throws IOException {
    return parse(Files.readAllLines(file, StandardCharsets.UTF_8), file.getFileName().toString());
  }

  static ApiKeys parse(List<String> lines, String name) {
    Map<String, Caller> callers = new TreeMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).trim();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String where = name + ", line " + (i + 1) + ": ";
      String[] parts = line.split("\\s+", -1);
      Optional<Set<Scope>> scopes =
          parts.length == 3 ? Scope.parseList(parts[2]) : Optional.of(Scope.DEFAULT);
      if (parts.length < 2
          || parts.length > 3
          || scopes.isEmpty()
          || !HASH.matcher(parts[1].toLowerCase(Locale.ROOT)).matches()) {
        throw new IllegalArgumentException(
            where
                + "expected OWNER, the key's SHA-256 as 64 hex digits (printf %s KEY | sha256sum)"
                + " and, if not submit,read, its scopes");
      }
      Owner owner;
      try {
        owner = new Owner(parts[0]);
      } catch (IllegalArgumentException e) {
        // The cause quotes what stands there, which may be a key in the wrong place.
        throw new IllegalArgumentException(
            where + "the owner must be 1 to 64 letters, digits or . _ @ -");
      }
      if (callers.put(parts[1].toLowerCase(Locale.ROOT), new Caller(owner, scopes.get())) != null) {
        throw new IllegalArgumentException(where + "this key stands in an earlier line too");
      }
    }
    if (callers.isEmpty()) {
      throw new IllegalArgumentException(name + " has no key; each line is OWNER SHA256HEX");
    }
    return new ApiKeys(callers);
  }

  /**
   * Whose key it is. How long it takes depends on the key's hash only, which tells nothing about
   * other keys.
   */
  @Override
  public Optional<Caller> callerOf(String key) {
    return Optional.ofNullable(
        callerByHash.get(
            HexFormat.of().formatHex(Sha256.of(key.getBytes(StandardCharsets.UTF_8)))));
  }

  /** The same for every process with the same keys, and unknown to callers. */
  byte[] tokenSecret() {
    String all = String.join("\n", callerByHash.keySet());
    return Sha256.of(("promptbeam/page-token\n" + all).getBytes(StandardCharsets.UTF_8));
  }
}
