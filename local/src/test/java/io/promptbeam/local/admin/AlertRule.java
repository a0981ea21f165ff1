package io.promptbeam.local.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.yaml.snakeyaml.Yaml;

/** A rule as Prometheus reads it; fields it does not know are errors here, too. */
record AlertRule(
    String name,
    String expression,
    String severity,
    String summary,
    String action,
    String runbook) {
  private static final Set<String> FIELDS = Set.of("alert", "expr", "for", "labels", "annotations");

  static List<AlertRule> read(Path file) throws IOException {
    List<AlertRule> rules = new ArrayList<>();
    try (Reader text = Files.newBufferedReader(file)) {
      JsonNode root = new ObjectMapper().valueToTree(new Yaml().load(text));
      for (JsonNode group : root.path("groups")) {
        for (JsonNode rule : group.path("rules")) {
          rules.add(of(rule));
        }
      }
    }
    return rules;
  }

  private static AlertRule of(JsonNode rule) {
    rule.fieldNames()
        .forEachRemaining(
            field -> {
              if (!FIELDS.contains(field)) {
                throw new AssertionError("a rule has no " + field);
              }
            });
    JsonNode notes = rule.path("annotations");
    return new AlertRule(
        rule.path("alert").asText(),
        rule.path("expr").asText(),
        rule.path("labels").path("severity").asText(),
        notes.path("summary").asText(),
        notes.path("action").asText(),
        notes.path("runbook").asText());
  }
}
