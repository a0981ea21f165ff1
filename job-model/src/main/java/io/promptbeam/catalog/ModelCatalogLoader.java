package io.promptbeam.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Reads models.yaml. Works on the YAML node graph and never builds objects from tags, so that each
 * problem has its line and a hostile file can do no more than be refused.
 */
public final class ModelCatalogLoader {
  private static final int MAX_FILE_BYTES = 1_000_000;
  private static final int MAX_MODELS = 1_000;
  private static final int MAX_NESTING = 20;

  private ModelCatalogLoader() {}

  /** The catalog where no file is given: one simulated model, {@code demo}. */
  public static ModelCatalog demo() {
    // 100 requests/s: a few hundred prompts take some seconds, long enough to watch.
    var limits = new RateLimits(6_000, RateLimits.UNLIMITED, RateLimits.UNLIMITED_IN_FLIGHT);
    return new ModelCatalog(
        List.of(
            new ModelConfig(
                "demo",
                ProviderKind.SIMULATED,
                Optional.empty(),
                Optional.empty(),
                "demo",
                limits,
                new Pricing(new BigDecimal("0.15"), new BigDecimal("0.60")),
                Timeouts.DEFAULT,
                Optional.of(Simulation.DEFAULT))));
  }

  /**
   * Reads a file.
   *
   * @throws InvalidCatalogException also when the file cannot be read
   */
  public static ModelCatalog load(Path file) throws InvalidCatalogException {
    var problems = new Problems(file.toString());
    String text = "";
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_FILE_BYTES + 1);
      checkSize(content.length, problems);
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (NoSuchFileException e) {
      problems.add("there is no such file; check the path");
    } catch (CharacterCodingException e) {
      problems.add("is not text in UTF-8; save it as UTF-8");
    } catch (IOException e) {
      problems.add("cannot be read; check that it is a file this process may read");
    }
    problems.throwIfAny();
    return parse(file.toString(), text).configuredAt(writtenAt(file));
  }

  private static Instant writtenAt(Path file) {
    try {
      return Files.getLastModifiedTime(file).toInstant();
    } catch (IOException e) {
      return Instant.EPOCH;
    }
  }

  /**
   * Reads the content of a file.
   *
   * @param name what the problems call the file
   */
  public static ModelCatalog parse(String name, String text) throws InvalidCatalogException {
    var problems = new Problems(name);
    checkSize(text.length(), problems);
    problems.throwIfAny();
    Optional<Node> root = compose(text, problems);
    problems.throwIfAny();
    Optional<YamlMapping> top =
        root.flatMap(
            node ->
                YamlMapping.of(
                    node,
                    "",
                    List.of("models", "accounts", "owners", "webhook_allow_private"),
                    problems));
    List<ModelConfig> models = top.map(given -> readModels(given, problems)).orElse(List.of());
    List<Account> accounts = top.map(given -> readAccounts(given, problems)).orElse(List.of());
    boolean privateWebhooks =
        top.flatMap(given -> given.flag("webhook_allow_private")).orElse(false);
    Map<String, OwnerPolicy> owners =
        top.flatMap(given -> given.list("owners"))
            .map(nodes -> OwnerReader.read(nodes, privateWebhooks, problems))
            .orElse(Map.of());
    problems.throwIfAny();
    checkNames(models, accounts, problems);
    problems.throwIfAny();
    return new ModelCatalog(
        models,
        accounts,
        owners,
        owners.getOrDefault(OwnerReader.EVERYBODY, OwnerPolicy.DEFAULT),
        Instant.EPOCH);
  }

  private static List<Account> readAccounts(YamlMapping top, Problems problems) {
    List<Node> nodes = top.list("accounts").orElse(List.of());
    List<String> known = Stream.concat(Stream.of("id"), LimitsReader.FIELDS.stream()).toList();
    Map<String, Account> accounts = new LinkedHashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      YamlMapping.of(nodes.get(i), "accounts[" + i + "]", known, problems)
          .ifPresent(fields -> readAccount(fields, accounts));
    }
    return List.copyOf(accounts.values());
  }

  private static void readAccount(YamlMapping fields, Map<String, Account> accounts) {
    Optional<String> id = fields.requiredText("id", "give the name that models use");
    RateLimits limits = LimitsReader.read(fields);
    if (id.isPresent() && !ModelReader.ID.matcher(id.get()).matches()) {
      fields.problem("id", ModelReader.ID_RULE);
    } else if (id.isPresent() && accounts.put(id.get(), new Account(id.get(), limits)) != null) {
      fields.problem("id", "is the id of another account too; rename one of them");
    }
  }

  /** What one entry says of another. */
  private static void checkNames(
      List<ModelConfig> models, List<Account> accounts, Problems problems) {
    Set<String> modelIds = models.stream().map(ModelConfig::id).collect(Collectors.toSet());
    Set<String> accountIds = accounts.stream().map(Account::id).collect(Collectors.toSet());
    for (ModelConfig model : models) {
      if (model.account().filter(id -> !accountIds.contains(id)).isPresent()) {
        problems.add(
            "model " + model.id() + ": account: names no account; list it below \"accounts:\"");
      }
      for (String fallback : model.fallbacks()) {
        if (!modelIds.contains(fallback) || fallback.equals(model.id())) {
          problems.add("model " + model.id() + ": fallbacks: must name other models of this file");
        }
      }
    }
  }

  private static void checkSize(int size, Problems problems) throws InvalidCatalogException {
    if (size > MAX_FILE_BYTES) {
      problems.add("is larger than 1 MB; this cannot be a models.yaml");
      problems.throwIfAny();
    }
  }

  private static Optional<Node> compose(String text, Problems problems) {
    var options = new LoaderOptions();
    options.setCodePointLimit(MAX_FILE_BYTES);
    options.setNestingDepthLimit(MAX_NESTING);
    options.setMaxAliasesForCollections(MAX_MODELS);
    try {
      Node root = new Yaml(new SafeConstructor(options)).compose(new StringReader(text));
      if (root == null) {
        problems.add("is empty; begin it with \"models:\"");
      }
      return Optional.ofNullable(root);
    } catch (MarkedYAMLException e) {
      // The exception's own text quotes the lines around, which may hold a pasted key.
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      problems.add(line, "is not YAML: " + shown(e.getProblem()));
    } catch (YAMLException | IllegalArgumentException e) {
      problems.add("is not YAML this reader accepts; look for odd characters and deep nesting");
    }
    return Optional.empty();
  }

  /** Only the parser's fixed phrases: a long or naming one may carry a piece of the file. */
  private static String shown(String problem) {
    boolean names = List.of("alias", "anchor", "tag").stream().anyMatch(problem::contains);
    return names || problem.length() > 100 || problem.lines().count() != 1
        ? "check the syntax here"
        : problem;
  }

  private static List<ModelConfig> readModels(YamlMapping top, Problems problems) {
    if (!top.has("models")) {
      top.problem("models", "is missing; list the models below \"models:\"");
      return List.of();
    }
    List<Node> nodes = top.list("models").orElse(List.of());
    if (nodes.size() > MAX_MODELS) {
      top.problem("models", "lists more than " + MAX_MODELS + " models; split the file");
      return List.of();
    }
    if (nodes.isEmpty()) {
      top.problem("models", "must list at least one model");
    }
    var models = new ArrayList<ModelConfig>();
    Map<String, Integer> indexById = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      var reader = ModelReader.of(nodes.get(i), "models[" + i + "]", problems);
      if (reader.isPresent()) {
        reader.get().read(indexById, i).ifPresent(models::add);
      }
    }
    return models;
  }
}
