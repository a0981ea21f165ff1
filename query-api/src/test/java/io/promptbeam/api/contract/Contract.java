package io.promptbeam.api.contract;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The contract as it is served, to hold documents and answers against. Immutable. */
public final class Contract {
  private static final String URI = "https://promptbeam.example/openapi.json";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final List<String> METHODS = List.of("get", "post", "put", "delete", "patch");

  private final JsonNode root;
  private final JsonSchemaFactory schemas;
  private final List<Operation> operations = new ArrayList<>();

  private Contract(JsonNode root) {
    this.root = root;
    this.schemas =
        JsonSchemaFactory.getInstance(
            VersionFlag.V202012,
            factory ->
                factory.schemaLoaders(loaders -> loaders.schemas(Map.of(URI, root.toString()))));
    for (Map.Entry<String, JsonNode> path : root.path("paths").properties()) {
      for (String method : METHODS) {
        if (path.getValue().has(method)) {
          operations.add(
              new Operation(
                  this,
                  method.toUpperCase(Locale.ROOT),
                  path.getKey(),
                  "/paths/" + escaped(path.getKey()) + "/" + method));
        }
      }
    }
  }

  /** As it stands on the class path. */
  public static Contract read() {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    strict.setMaxAliasesForCollections(0);
    try (InputStream in = Contract.class.getResourceAsStream("openapi.yaml")) {
      Object document = new Yaml(new SafeConstructor(strict)).load(in);
      return new Contract(JSON.valueToTree(document));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public JsonNode root() {
    return root;
  }

  public List<Operation> operations() {
    return List.copyOf(operations);
  }

  /** The one with this operationId. */
  public Operation operation(String id) {
    return operations.stream()
        .filter(operation -> operation.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the contract has no operation " + id));
  }

  /** What a request of this method and path asks for; paths with fewer names are tried first. */
  public Optional<Operation> find(String method, String path) {
    return operations.stream()
        .filter(o -> o.method().equals(method) && o.pattern().matcher(path).matches())
        .min((one, other) -> Integer.compare(one.names(), other.names()));
  }

  static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  JsonNode at(String pointer) {
    return root.at(JsonPointer.compile(pointer));
  }

  /** The pointer to what stands there, or to what is referred to from there. */
  String followed(String pointer) {
    JsonNode ref = at(pointer).path("$ref");
    return ref.isTextual() && ref.textValue().startsWith("#")
        ? followed(ref.textValue().substring(1))
        : pointer;
  }

  /** What is wrong with {@code value} by the schema at {@code pointer}. */
  List<String> faults(String pointer, JsonNode value) {
    SchemaValidatorsConfig config =
        SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).locale(Locale.ROOT).build();
    return schemas
        .getSchema(SchemaLocation.of(URI + "#" + pointer), config)
        .validate(value)
        .stream()
        .map(message -> message.getInstanceLocation() + " " + message.getMessage())
        .toList();
  }

  /** What is wrong with the examples of the media type at {@code pointer}. */
  public List<String> faultsOfExamples(String pointer) {
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each : at(pointer + "/examples").properties()) {
      JsonNode value = at(followed(pointer + "/examples/" + escaped(each.getKey()))).path("value");
      if (value.isMissingNode()) {
        faults.add(each.getKey() + " has no value");
      } else if (at(pointer).has("x-line-schema")) {
        String line = followed(pointer + "/x-line-schema");
        value.asText().lines().forEach(one -> faults.addAll(faults(line, json(one))));
      } else {
        faults(pointer + "/schema", value).forEach(f -> faults.add(each.getKey() + ": " + f));
      }
    }
    return faults;
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }
}
