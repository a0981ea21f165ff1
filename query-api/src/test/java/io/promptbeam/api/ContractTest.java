package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.promptbeam.access.Scope;
import io.promptbeam.api.contract.Contract;
import io.promptbeam.api.contract.Operation;
import io.promptbeam.api.http.Route;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.InMemoryJobStore;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The contract is valid, says of each served path how it is served, and of nothing else. */
class ContractTest {
  private final Contract contract = Contract.read();

  private static List<Route> routes() {
    try (ApiServer server =
        new ApiServer(
            ApiConfig.loopback(0),
            new InMemoryJobStore(),
            JobPublisher.NONE,
            TestStack.catalog(),
            Clock.systemUTC())) {
      return server.routes();
    }
  }

  private static void walk(JsonNode node, String pointer, BiConsumer<String, JsonNode> visitor) {
    visitor.accept(pointer, node);
    if (node.isObject()) {
      node.properties()
          .forEach(
              each ->
                  walk(
                      each.getValue(),
                      pointer + "/" + each.getKey().replace("~", "~0").replace("/", "~1"),
                      visitor));
    } else {
      for (int i = 0; i < node.size(); i++) {
        walk(node.get(i), pointer + "/" + i, visitor);
      }
    }
  }

  @Test
  void document_isValid_byTheSchemaOfOpenApi31() throws Exception {
    JsonNode schema;
    try (InputStream in = getClass().getResourceAsStream("/contract/openapi-3.1-schema.json")) {
      schema = new ObjectMapper().readTree(in);
    }
    JsonSchema openApi = JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(schema);
    assertThat(openApi.validate(contract.root())).isEmpty();
    assertThat(contract.root().path("openapi").asText()).startsWith("3.1.");
  }

  /** A comma in a text without quotes makes two keys of it, and the second has no value. */
  @Test
  void document_hasNoKeyWithoutAValue_butInExamples() {
    List<String> empty = new ArrayList<>();
    walk(
        contract.root(),
        "",
        (pointer, node) -> {
          if (node.isNull() && !pointer.contains("/value/")) {
            empty.add(pointer);
          }
        });
    assertThat(empty).isEmpty();
  }

  @Test
  void references_leadSomewhere_andNoComponentIsUnused() {
    Set<String> used = new HashSet<>();
    walk(
        contract.root(),
        "",
        (pointer, node) -> {
          String ref = node.path("$ref").asText("");
          if (!ref.isEmpty()) {
            assertThat(ref).as(pointer).startsWith("#/");
            assertThat(contract.root().at(JsonPointer.compile(ref.substring(1))).isMissingNode())
                .as("%s at %s", ref, pointer)
                .isFalse();
            used.add(ref);
          }
        });
    Set<String> unused = new TreeSet<>();
    for (Map.Entry<String, JsonNode> kind : contract.root().path("components").properties()) {
      kind.getValue()
          .fieldNames()
          .forEachRemaining(name -> unused.add("#/components/" + kind.getKey() + "/" + name));
    }
    unused.removeAll(used);
    assertThat(unused)
        .containsExactly(
            "#/components/securitySchemes/apiKey", "#/components/securitySchemes/bearerKey");
  }

  @Test
  void everyRoute_isInTheContract_andEveryPathOfItIsServed() {
    Set<String> served = new TreeSet<>();
    routes().forEach(route -> served.add(route.method() + " " + route.path()));
    Set<String> written =
        contract.operations().stream()
            .map(Operation::route)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(written).isEqualTo(served);
  }

  @Test
  void scope_isTheRoutes_inSecurityAndWords() {
    Map<String, Operation> operations = new TreeMap<>();
    contract.operations().forEach(each -> operations.put(each.route(), each));
    for (Route route : routes()) {
      Operation operation =
          Objects.requireNonNull(operations.get(route.method() + " " + route.path()));
      String text = operation.json().path("description").asText();
      if (route.isOpen()) {
        assertThat(operation.isOpen()).as(operation.id()).isTrue();
        assertThat(text).as(operation.id()).startsWith("Without a key.");
      } else {
        String scope = route.needs().map(Scope::wireName).orElseThrow();
        assertThat(operation.json().path("security")).as(operation.id()).hasSize(2);
        assertThat(operation.scopes()).as(operation.id()).containsExactly(scope);
        assertThat(text).as(operation.id()).startsWith("Scope: `" + scope + "`.");
      }
    }
  }

  @Test
  void operations_areNamedAndDescribed_andSayWhatMayGoWrong() {
    Set<String> ids = new HashSet<>();
    Set<String> tags = new HashSet<>();
    contract.root().path("tags").forEach(tag -> tags.add(tag.path("name").asText()));
    Set<String> usedTags = new HashSet<>();
    for (Operation operation : contract.operations()) {
      assertThat(operation.id()).as(operation.route()).matches("[a-z][A-Za-z0-9]+");
      assertThat(ids.add(operation.id())).as(operation.id() + " is there once").isTrue();
      assertThat(operation.json().path("summary").asText()).as(operation.id()).isNotBlank();
      assertThat(operation.json().path("tags")).as(operation.id()).hasSize(1);
      operation.json().path("tags").forEach(tag -> usedTags.add(tag.asText()));
      assertThat(operation.statuses())
          .as(operation.id())
          .contains("5XX")
          .anyMatch(status -> status.matches("[23]\\d\\d"));
      if (!operation.isOpen()) {
        assertThat(operation.statuses()).as(operation.id()).contains("401", "403");
      }
      boolean isAboutOneThing =
          operation.parameters().stream().anyMatch(p -> p.path("in").asText().equals("path"));
      if (isAboutOneThing) {
        assertThat(operation.statuses()).as(operation.id()).contains("404");
      }
      List<String> described = new ArrayList<>();
      operation.parameters().forEach(p -> described.add(p.path("description").asText()));
      assertThat(described).as(operation.id()).allMatch(text -> !text.isBlank());
      assertThat(names(operation)).as(operation.id()).isEqualTo(pathParameters(operation));
    }
    assertThat(usedTags).isEqualTo(tags);
  }

  private static Set<String> names(Operation operation) {
    return Pattern.compile("\\{([a-z_]+)}")
        .matcher(operation.path())
        .results()
        .map(name -> name.group(1))
        .collect(Collectors.toSet());
  }

  private static Set<String> pathParameters(Operation operation) {
    return operation.parameters().stream()
        .filter(p -> p.path("in").asText().equals("path"))
        .map(p -> p.path("name").asText())
        .collect(Collectors.toSet());
  }

  @Test
  void examples_areThereForEveryBodyInJson_andFitTheirSchemas() {
    List<String> faults = new ArrayList<>();
    walk(
        contract.root(),
        "",
        (pointer, node) -> {
          boolean isJson = pointer.matches(".*/content/application~1(problem\\+)?json");
          if (isJson) {
            assertThat(node.path("examples").isEmpty()).as("examples at " + pointer).isFalse();
            contract.faultsOfExamples(pointer).forEach(fault -> faults.add(pointer + ": " + fault));
          }
          if (node.has("x-line-schema")) {
            contract.faultsOfExamples(pointer).forEach(fault -> faults.add(pointer + ": " + fault));
          }
        });
    assertThat(faults).isEmpty();
  }

  @Test
  void example_isFoundWrong_whenAFieldIsUnknownOrMissing() {
    Operation status = contract.operation("getJobStatus");
    JsonNode good = contract.root().at("/components/examples/JobCompleted/value").deepCopy();
    Map<String, String> headers =
        Map.of("content-type", "application/json", "x-request-id", "req_1", "etag", "\"x\"");
    assertThat(status.faults(200, headers, good.toString())).isEmpty();
    for (String field : List.of("waiting", "fallbacks", "result_data", "cost_usd", "job_id")) {
      JsonNode without = good.deepCopy();
      ((ObjectNode) without).remove(field);
      assertThat(status.faults(200, headers, without.toString())).as(field).isNotEmpty();
    }
    JsonNode with = good.deepCopy();
    ((ObjectNode) with).put("surprise", 1);
    assertThat(status.faults(200, headers, with.toString())).hasSize(1);
    assertThat(status.faults(418, headers, good.toString())).hasSize(1);
    assertThat(status.faults(200, Map.of(), good.toString())).hasSizeGreaterThan(1);
  }
}
