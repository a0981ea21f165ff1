package io.promptbeam.flink;

import io.promptbeam.pipeline.LlmJobOptions;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** What {@code --help} prints: made from the options themselves. */
final class Help {
  private static final List<String> OF_FLINK =
      List.of(
          "flinkMaster",
          "parallelism",
          "checkpointingInterval",
          "checkpointingMode",
          "savepointPath",
          "allowNonRestoredState",
          "stateBackend",
          "stateBackendStoragePath",
          "flinkConfDir",
          "objectReuse",
          "fasterCopy",
          "maxBundleTimeMills");

  private static final String HEAD =
      """
      Runs Promptbeam's pipeline on Apache Flink.

        flink/run.sh --bigtable=emulator://127.0.0.1:8086 --pubsubEmulator=127.0.0.1:8085 --models=models.yaml
        flink/run.sh --flinkMaster=HOST:8081 --parallelism=4 --shards=32 --bigtable=bigtable://PROJECT/INSTANCE \\
          --jobsSubscription=projects/PROJECT/subscriptions/NAME --deadLetterTopic=projects/PROJECT/topics/NAME \\
          --models=gs://BUCKET/models.yaml

      With --pubsubEmulator, subscription and topic need not be named, and what the emulators lack is created.

      """;

  private Help() {}

  static String text() {
    return HEAD
        + "Promptbeam's options:\n"
        + lines(
            Stream.of(LlmJobOptions.class, FlinkLlmJobOptions.class)
                .flatMap(each -> Arrays.stream(each.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Description.class)))
        + "\nFlink's, of which there are more (see Beam's FlinkPipelineOptions):\n"
        + lines(
            Arrays.stream(FlinkPipelineOptions.class.getMethods())
                .filter(method -> OF_FLINK.contains(name(method)))
                .filter(method -> method.isAnnotationPresent(Description.class)));
  }

  private static String lines(Stream<Method> options) {
    return options
        .sorted(Comparator.comparing(Help::name))
        .map(
            option ->
                "  --%s%s%n      %s%n".formatted(name(option), defaultOf(option), text(option)))
        .collect(Collectors.joining());
  }

  private static String text(Method option) {
    return option.getAnnotation(Description.class).value().strip().replaceAll("\\s+", " ");
  }

  private static String defaultOf(Method option) {
    return Optional.ofNullable(FlinkArguments.DEFAULTS.get(name(option)))
        .or(() -> declaredDefault(option))
        .map(value -> " (default: " + value + ")")
        .orElse("");
  }

  private static Optional<String> declaredDefault(Method option) {
    Optional<String> number =
        Optional.ofNullable(option.getAnnotation(Default.Integer.class))
            .map(it -> String.valueOf(it.value()));
    return number.or(
        () ->
            Optional.ofNullable(option.getAnnotation(Default.Boolean.class))
                .map(it -> String.valueOf(it.value())));
  }

  private static String name(Method getter) {
    String name = getter.getName().replaceFirst("^(get|is)", "");
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }
}
