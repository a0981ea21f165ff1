package io.promptbeam.catalog;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One mapping of a YAML file, read field by field from the node graph. What is wrong goes to {@link
 * Problems} with its line, and the field then reads as absent.
 */
final class YamlMapping {
  private static final Pattern WHOLE = Pattern.compile("[+-]?(0|[1-9][0-9_]{0,20})");
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?[0-9]{1,18}(\\.[0-9]{0,18})?([eE][+-]?[0-9]{1,2})?");

  private final Problems problems;
  private final String path;
  private final int line;
  private final Map<String, Node> values = new LinkedHashMap<>();

  private YamlMapping(MappingNode node, String path, List<String> known, Problems problems) {
    this.problems = problems;
    this.path = path;
    this.line = lineOf(node);
    for (NodeTuple entry : node.getValue()) {
      String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
      int keyLine = lineOf(entry.getKeyNode());
      if (!known.contains(key)) {
        // A key pasted in the wrong place may be a secret, so an odd one is not repeated.
        String shown = key.matches("[A-Za-z_]{1,40}") ? key : "(not shown)";
        problems.add(
            keyLine, at(shown), "is not a field here; the fields are " + String.join(", ", known));
      } else if (values.put(key, entry.getValueNode()) != null) {
        problems.add(keyLine, at(key), "is given twice; keep one");
      }
    }
  }

  /** Empty, with a problem noted, when {@code node} is not a mapping. */
  static Optional<YamlMapping> of(Node node, String path, List<String> known, Problems problems) {
    if (node instanceof MappingNode mapping) {
      return Optional.of(new YamlMapping(mapping, path, known, problems));
    }
    String message = "must hold fields: " + String.join(", ", known);
    if (path.isEmpty()) {
      problems.add(lineOf(node), message);
    } else {
      problems.add(lineOf(node), path, message);
    }
    return Optional.empty();
  }

  private static int lineOf(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private String at(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  boolean has(String field) {
    return values.containsKey(field);
  }

  /** Notes a problem at the field's line, or at the mapping's where the field is absent. */
  void problem(String field, String message) {
    Node node = values.get(field);
    problems.add(node == null ? line : lineOf(node), at(field), message);
  }

  /** Absent, with a problem noted, when the field is missing or is no text. */
  Optional<String> requiredText(String field, String remedy) {
    if (!has(field)) {
      problem(field, "is missing; " + remedy);
      return Optional.empty();
    }
    return text(field);
  }

  Optional<String> text(String field) {
    return scalar(field)
        .flatMap(
            scalar -> {
              if (scalar.getTag().equals(Tag.STR) && !scalar.getValue().isBlank()) {
                return Optional.of(scalar.getValue());
              }
              problem(field, "must be text; put it in quotes if YAML reads it as something else");
              return Optional.empty();
            });
  }

  Optional<Long> wholeNumber(String field, long min, long max) {
    return scalar(field)
        .flatMap(
            scalar -> {
              if (scalar.getTag().equals(Tag.INT) && WHOLE.matcher(scalar.getValue()).matches()) {
                BigDecimal value = new BigDecimal(scalar.getValue().replace("_", ""));
                if (value.compareTo(BigDecimal.valueOf(min)) >= 0
                    && value.compareTo(BigDecimal.valueOf(max)) <= 0) {
                  return Optional.of(value.longValueExact());
                }
              }
              problem(
                  field,
                  "must be a whole number from " + min + " to " + max + ", without quotes or unit");
              return Optional.empty();
            });
  }

  Optional<BigDecimal> number(String field, String min, String max) {
    return scalar(field)
        .flatMap(
            scalar -> {
              boolean numeric =
                  scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT);
              if (numeric && DECIMAL.matcher(scalar.getValue()).matches()) {
                BigDecimal value = new BigDecimal(scalar.getValue());
                if (value.compareTo(new BigDecimal(min)) >= 0
                    && value.compareTo(new BigDecimal(max)) <= 0) {
                  return Optional.of(value);
                }
              }
              problem(
                  field,
                  "must be a number from " + min + " to " + max + ", without quotes or unit");
              return Optional.empty();
            });
  }

  Optional<Boolean> flag(String field) {
    return scalar(field)
        .flatMap(
            scalar -> {
              String value = scalar.getValue();
              if (scalar.getTag().equals(Tag.BOOL)
                  && (value.equals("true") || value.equals("false"))) {
                return Optional.of(value.equals("true"));
              }
              problem(field, "must be true or false, without quotes");
              return Optional.empty();
            });
  }

  Optional<YamlMapping> mapping(String field, List<String> known) {
    return Optional.ofNullable(values.get(field))
        .flatMap(node -> of(node, at(field), known, problems));
  }

  Optional<List<Node>> list(String field) {
    Node node = values.get(field);
    if (node instanceof SequenceNode sequence) {
      return Optional.of(sequence.getValue());
    }
    if (node != null) {
      problem(field, "must be a list; begin each entry with \"- \"");
    }
    return Optional.empty();
  }

  private Optional<ScalarNode> scalar(String field) {
    Node node = values.get(field);
    if (node == null) {
      return Optional.empty();
    }
    if (node instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
      return Optional.of(scalar);
    }
    problem(
        field,
        node instanceof ScalarNode
            ? "has no value; give one or remove the line"
            : "must be a single value");
    return Optional.empty();
  }
}
