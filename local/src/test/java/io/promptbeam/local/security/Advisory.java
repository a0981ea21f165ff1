package io.promptbeam.local.security;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A known hole in versions of a library.
 *
 * @param artifact group and id
 * @param accepted why a version with this hole is used nevertheless
 */
record Advisory(
    String id,
    String artifact,
    List<VersionRange> affected,
    String source,
    Optional<String> accepted) {

  static Advisory read(JsonNode json) {
    List<VersionRange> ranges = new ArrayList<>();
    json.path("affected").forEach(range -> ranges.add(VersionRange.parse(range.asText())));
    return new Advisory(
        json.path("id").asText(),
        json.path("artifact").asText(),
        ranges,
        json.path("source").asText(),
        Optional.ofNullable(json.get("accepted")).map(JsonNode::asText));
  }

  boolean affects(String groupAndId, String version) {
    return artifact.equals(groupAndId) && affected.stream().anyMatch(r -> r.contains(version));
  }

  /**
   * Versions by their leading numbers; what follows, such as {@code .Final} or {@code -jre}, does
   * not count.
   */
  record VersionRange(List<Integer> from, List<Integer> to, boolean toIncluded) {
    private static final Pattern FORM =
        Pattern.compile("\\[(\\d+(?:\\.\\d+)*),(\\d+(?:\\.\\d+)*)([])])");

    static VersionRange parse(String text) {
      Matcher parts = FORM.matcher(text);
      if (!parts.matches()) {
        throw new IllegalArgumentException("not a range of versions: " + text);
      }
      return new VersionRange(
          numbers(parts.group(1)), numbers(parts.group(2)), parts.group(3).equals("]"));
    }

    boolean contains(String version) {
      List<Integer> given = numbers(version);
      int toEnd = compare(given, to);
      return compare(given, from) >= 0 && (toIncluded ? toEnd <= 0 : toEnd < 0);
    }

    private static List<Integer> numbers(String version) {
      List<Integer> numbers = new ArrayList<>();
      Matcher number = Pattern.compile("\\G\\.?(\\d{1,9})(?![A-Za-z])").matcher(version);
      while (number.find()) {
        numbers.add(Integer.parseInt(number.group(1)));
      }
      return numbers;
    }

    private static int compare(List<Integer> one, List<Integer> other) {
      for (int i = 0; i < Math.max(one.size(), other.size()); i++) {
        int order =
            Integer.compare(i < one.size() ? one.get(i) : 0, i < other.size() ? other.get(i) : 0);
        if (order != 0) {
          return order;
        }
      }
      return 0;
    }
  }
}
