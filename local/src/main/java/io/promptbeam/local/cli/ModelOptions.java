package io.promptbeam.local.cli;

import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.ModelConfig;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Which models there are. */
final class ModelOptions {
  @Option(
      names = "--models",
      paramLabel = "FILE",
      description =
          "models.yaml (examples/models.yaml explains it). Default: $PROMPTBEAM_MODELS, else one"
              + " simulated model named demo, which needs no network.")
  private Optional<Path> file = Optional.empty();

  private Optional<Path> file(Terminal terminal) {
    return file.or(
        () ->
            Optional.ofNullable(terminal.environment().get("PROMPTBEAM_MODELS"))
                .filter(path -> !path.isBlank())
                .map(Path::of));
  }

  ModelCatalog catalog(Terminal terminal) {
    Optional<Path> models = file(terminal);
    try {
      return models.isPresent() ? ModelCatalogLoader.load(models.get()) : ModelCatalogLoader.demo();
    } catch (InvalidCatalogException e) {
      throw invalid(e);
    }
  }

  /** The catalog as it is while a server runs: follows the file, where there is one. */
  CatalogSource source(Terminal terminal) {
    Optional<Path> models = file(terminal);
    try {
      return models.isPresent()
          ? CatalogSource.following(
              () -> ModelCatalogLoader.load(models.get()), CatalogSource.DEFAULT_LOOK)
          : CatalogSource.of(ModelCatalogLoader.demo());
    } catch (InvalidCatalogException e) {
      throw invalid(e);
    }
  }

  private static CliException invalid(InvalidCatalogException e) {
    return CliException.usage(e.getMessage() == null ? "models.yaml is wrong" : e.getMessage());
  }

  String describe(Terminal terminal, ModelCatalog catalog) {
    return names(catalog)
        + file(terminal).map(path -> " (" + path + ")").orElse(" (built in, simulated)");
  }

  static String names(ModelCatalog catalog) {
    return catalog.models().stream().map(ModelConfig::id).collect(Collectors.joining(", "));
  }
}
