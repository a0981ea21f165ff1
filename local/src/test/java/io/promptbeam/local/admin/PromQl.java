package io.promptbeam.local.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which metrics and labels a PromQL expression asks for. It knows no more of the language than the
 * expressions of this project use.
 *
 * @param grouping labels that results are grouped or matched by
 */
record PromQl(List<Selector> selectors, Set<String> grouping) {
  /**
   * A metric as it is asked for.
   *
   * @param equal labels that must have a value
   * @param labels all that it has a matcher for
   */
  record Selector(String metric, Map<String, String> equal, Set<String> labels) {}

  private static final Pattern GROUPING =
      Pattern.compile("\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
  private static final Pattern RANGE = Pattern.compile("\\[[^]]*\\]");
  private static final Pattern WORD =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(?:\\{([^}]*)\\}|(\\()|)");
  private static final Pattern MATCHER =
      Pattern.compile("\\s*([a-zA-Z_]+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"\\s*,?");
  private static final Set<String> KEYWORDS = Set.of("and", "or", "unless", "bool", "offset");

  static PromQl parse(String expression) {
    Set<String> grouping = new HashSet<>();
    Matcher groups = GROUPING.matcher(expression);
    while (groups.find()) {
      for (String label : groups.group(1).split(",", -1)) {
        grouping.add(label.strip());
      }
    }
    String rest = RANGE.matcher(groups.replaceAll(" ")).replaceAll(" ");
    List<Selector> selectors = new ArrayList<>();
    Matcher word = WORD.matcher(rest);
    while (word.find()) {
      boolean isFunction = word.group(3) != null;
      if (!isFunction && !KEYWORDS.contains(word.group(1))) {
        selectors.add(selector(word.group(1), word.group(2)));
      }
    }
    if (selectors.isEmpty()) {
      throw new AssertionError("no metric in " + expression);
    }
    return new PromQl(List.copyOf(selectors), grouping);
  }

  private static Selector selector(String metric, String matchers) {
    Map<String, String> equal = new HashMap<>();
    Set<String> labels = new HashSet<>();
    String text = matchers == null ? "" : matchers;
    Matcher matcher = MATCHER.matcher(text);
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      end = matcher.end();
      labels.add(matcher.group(1));
      if (matcher.group(2).equals("=")) {
        equal.put(matcher.group(1), matcher.group(3));
      }
    }
    if (end != text.length()) {
      throw new AssertionError("cannot read {" + text + "}");
    }
    return new Selector(metric, equal, labels);
  }
}
