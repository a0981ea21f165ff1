package io.promptbeam.local.admin;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a scrape brought, read to the letter of Prometheus's text format 0.0.4: what a lenient
 * reader would let pass is an error.
 */
record Exposition(Map<String, String> types, List<Sample> samples) {
  /** One line. */
  record Sample(String name, SortedMap<String, String> labels, double value) {}

  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\"\\\\n])*\"";
  private static final Pattern SAMPLE =
      Pattern.compile(
          "("
              + NAME
              + ")(?:\\{("
              + LABEL
              + "(?:,"
              + LABEL
              + ")*,?)\\})? ([-+.0-9eE]+|NaN|[+-]Inf)");
  private static final Pattern ONE_LABEL = Pattern.compile("([^=,]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") (.+)");
  private static final Pattern TYPE =
      Pattern.compile("# TYPE (" + NAME + ") (counter|gauge|histogram|summary|untyped)");

  static Exposition parse(String text) {
    if (!text.endsWith("\n")) {
      throw new AssertionError("the last line is cut off");
    }
    Map<String, String> types = new TreeMap<>();
    Set<String> helped = new HashSet<>();
    Set<String> seen = new HashSet<>();
    List<Sample> samples = new ArrayList<>();
    String family = "";
    for (String line : text.split("\n", -1)) {
      Matcher help = HELP.matcher(line);
      Matcher type = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (line.isEmpty()) {
        continue;
      }
      if (help.matches()) {
        require(helped.add(help.group(1)), "helped once", line);
      } else if (type.matches()) {
        family = type.group(1);
        require(types.put(family, type.group(2)) == null, "a family in one piece", line);
      } else {
        require(sample.matches(), "a sample", line);
        require(
            belongs(sample.group(1), family, types.getOrDefault(family, "")), "of " + family, line);
        SortedMap<String, String> labels = labels(sample.group(2));
        require(seen.add(sample.group(1) + labels), "the only one of its labels", line);
        samples.add(new Sample(sample.group(1), labels, number(sample.group(3))));
      }
    }
    Exposition all = new Exposition(types, List.copyOf(samples));
    types.forEach(
        (name, kind) -> {
          if (kind.equals("histogram")) {
            all.checkHistogram(name);
          }
          if (kind.equals("counter")) {
            require(name.endsWith("_total"), "named like a counter", name);
            require(all.of(name).stream().allMatch(s -> s.value() >= 0), "not negative", name);
          }
        });
    return all;
  }

  private static void require(boolean holds, String what, String line) {
    if (!holds) {
      throw new AssertionError("not " + what + ": " + line);
    }
  }

  private static boolean belongs(String name, String family, String type) {
    return switch (type) {
      case "" -> false;
      case "histogram" -> name.matches(Pattern.quote(family) + "_(bucket|sum|count)");
      case "summary" -> name.matches(Pattern.quote(family) + "(|_sum|_count)");
      default -> name.equals(family);
    };
  }

  private static SortedMap<String, String> labels(String text) {
    SortedMap<String, String> labels = new TreeMap<>();
    Matcher label = ONE_LABEL.matcher(text == null ? "" : text);
    while (label.find()) {
      require(labels.put(label.group(1), label.group(2)) == null, "a label once", text);
    }
    return labels;
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private void checkHistogram(String name) {
    Map<Map<String, String>, List<Sample>> series =
        of(name + "_bucket").stream().collect(Collectors.groupingBy(s -> without(s, "le")));
    require(
        series
            .keySet()
            .equals(Set.copyOf(of(name + "_count").stream().map(Sample::labels).toList())),
        "a histogram with counts",
        name);
    series.forEach(
        (labels, buckets) -> {
          double bound = Double.NEGATIVE_INFINITY;
          double count = 0;
          for (Sample bucket : buckets) {
            double le = number(bucket.labels().getOrDefault("le", "none"));
            require(le > bound && bucket.value() >= count, "rising buckets", bucket.toString());
            bound = le;
            count = bucket.value();
          }
          require(bound == Double.POSITIVE_INFINITY, "a histogram up to +Inf", name);
          require(count == value(name + "_count", labels), "a count of all buckets", name);
        });
  }

  private static SortedMap<String, String> without(Sample sample, String label) {
    SortedMap<String, String> rest = new TreeMap<>(sample.labels());
    rest.remove(label);
    return rest;
  }

  /** All samples of a name. */
  List<Sample> of(String name) {
    return samples.stream().filter(sample -> sample.name().equals(name)).toList();
  }

  /** The samples of a name that have these labels, added up. */
  double sum(String name, Map<String, String> labels) {
    return of(name).stream()
        .filter(sample -> sample.labels().entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Sample::value)
        .sum();
  }

  /** The one sample of exactly these labels. */
  double value(String name, Map<String, String> labels) {
    return of(name).stream()
        .filter(sample -> sample.labels().equals(labels))
        .mapToDouble(Sample::value)
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no " + name + labels));
  }

  /** By family, the names of its labels; those of a histogram's buckets without {@code le}. */
  SortedMap<String, Set<String>> labelNames() {
    SortedMap<String, Set<String>> names = new TreeMap<>();
    for (String family : types.keySet()) {
      Set<String> labels = new HashSet<>();
      for (Sample sample : samples) {
        if (belongs(sample.name(), family, types.getOrDefault(family, ""))) {
          labels.addAll(sample.labels().keySet());
        }
      }
      labels.remove("le");
      names.put(family, labels);
    }
    return names;
  }
}
