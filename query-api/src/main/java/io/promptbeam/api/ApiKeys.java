package io.promptbeam.api;

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
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The callers of a server: for each API key its SHA-256 and its owner, never the key. Immutable.
 *
 * <p>The file has a line {@code OWNER SHA256HEX} per key; an owner may have several. Empty lines
 * and lines that begin with {@code #} do not count.
 */
public final class ApiKeys {
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private final Map<String, Owner> ownerByHash;

  private ApiKeys(Map<String, Owner> ownerByHash) {
    this.ownerByHash = new TreeMap<>(ownerByHash);
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
    Map<String, Owner> owners = new TreeMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).trim();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String where = name + ", line " + (i + 1) + ": ";
      String[] parts = line.split("\\s+", -1);
      if (parts.length != 2 || !HASH.matcher(parts[1].toLowerCase(Locale.ROOT)).matches()) {
        throw new IllegalArgumentException(
            where
                + "expected OWNER and the key's SHA-256 as 64 hex digits"
                + " (printf %s KEY | sha256sum)");
      }
      Owner owner;
      try {
        owner = new Owner(parts[0]);
      } catch (IllegalArgumentException e) {
        // The cause quotes what stands there, which may be a key in the wrong place.
        throw new IllegalArgumentException(
            where + "the owner must be 1 to 64 letters, digits or . _ @ -");
      }
      if (owners.put(parts[1].toLowerCase(Locale.ROOT), owner) != null) {
        throw new IllegalArgumentException(where + "this key stands in an earlier line too");
      }
    }
    if (owners.isEmpty()) {
      throw new IllegalArgumentException(name + " has no key; each line is OWNER SHA256HEX");
    }
    return new ApiKeys(owners);
  }

  /**
   * Whose key it is. How long it takes depends on the key's hash only, which tells nothing about
   * other keys.
   */
  public Optional<Owner> ownerOf(String key) {
    return Optional.ofNullable(
        ownerByHash.get(HexFormat.of().formatHex(Sha256.of(key.getBytes(StandardCharsets.UTF_8)))));
  }

  /** The same for every process with the same keys, and unknown to callers. */
  byte[] tokenSecret() {
    String all = String.join("\n", ownerByHash.keySet());
    return Sha256.of(("promptbeam/page-token\n" + all).getBytes(StandardCharsets.UTF_8));
  }
}
