package io.promptbeam.flink;

import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.store.BigtableTarget;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.jspecify.annotations.Nullable;

/** What the command line says, with what it leaves out. */
final class FlinkArguments {
  static final String EMBEDDED = "[local]";

  static final String LOCAL_SUBSCRIPTION =
      PubsubNames.subscriptionPath(
          PubsubTarget.DEFAULT_LOCAL_PROJECT, PubsubNames.DEFAULT.jobsSubscription());

  private static final String LOCAL_DEAD_LETTERS =
      PubsubNames.topicPath(
          PubsubTarget.DEFAULT_LOCAL_PROJECT, PubsubNames.DEFAULT.deadLettersTopic());

  private static final Pattern SUBSCRIPTION = Pattern.compile("projects/[^/]+/subscriptions/[^/]+");
  private static final Pattern TOPIC = Pattern.compile("projects/[^/]+/topics/[^/]+");
  private static final Pattern HOST_AND_PORT = Pattern.compile("(https?://)?[^/:]+:\\d{1,5}");
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*:/.*");

  /** Where Flink's or Beam's own default does not suit this pipeline. */
  static final Map<String, String> DEFAULTS = defaults();

  private FlinkArguments() {}

  private static Map<String, String> defaults() {
    Map<String, String> defaults = new LinkedHashMap<>();
    defaults.put("flinkMaster", EMBEDDED);
    defaults.put("parallelism", "1");
    defaults.put("shards", "8");
    defaults.put("checkpointingInterval", "10000");
    // A checkpoint that was slow is not followed by all those that it held up.
    defaults.put("minPauseBetweenCheckpoints", "1000");
    // What comes twice is turned away by the claim, so nobody has to wait for aligned barriers.
    defaults.put("checkpointingMode", "AT_LEAST_ONCE");
    // No element of ours is changed after it was put out.
    defaults.put("objectReuse", "true");
    defaults.put("fasterCopy", "true");
    defaults.put("maxBundleTimeMills", "100");
    return defaults;
  }

  /**
   * Reads options.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static FlinkLlmJobOptions parse(String... args) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    DEFAULTS.forEach((name, value) -> addUnlessGiven(all, name, value));
    if (isGiven(all, "pubsubEmulator")) {
      addUnlessGiven(all, "jobsSubscription", LOCAL_SUBSCRIPTION);
      addUnlessGiven(all, "deadLetterTopic", LOCAL_DEAD_LETTERS);
    }
    FlinkLlmJobOptions options =
        PipelineOptionsFactory.fromArgs(all.toArray(String[]::new)).as(FlinkLlmJobOptions.class);
    options.setRunner(FlinkRunner.class);
    options.setStreaming(true);
    check(options);
    boolean embedded = isEmbedded(options);
    // Only a cluster's job can outlive the program that submits it.
    options.setAttachedMode(embedded);
    if (embedded && !isGiven(all, "sweepEverythingAtStart") && options.getSavepointPath() == null) {
      options.setSweepEverythingAtStart(true);
    }
    keepCheckpoints(options);
    if (!embedded && !options.getSendLibraries() && options.getFilesToStage() == null) {
      options.setFilesToStage(List.of(ownJar()));
    }
    return options;
  }

  static boolean isEmbedded(FlinkLlmJobOptions options) {
    return options.getFlinkMaster().equals(EMBEDDED);
  }

  static String describe(FlinkLlmJobOptions options) {
    return "Flink: %s, parallelism %d, a checkpoint every %d ms to %s%nStore: %s, messages: %s%s"
        .formatted(
            isEmbedded(options) ? "in this process" : options.getFlinkMaster(),
            options.getParallelism(),
            options.getCheckpointingInterval(),
            options.getStateBackendStoragePath() == null
                ? "where the cluster keeps them"
                : options.getStateBackendStoragePath(),
            options.getBigtable(),
            options.getJobsSubscription(),
            isEmbedded(options) ? "\nRunning. Ctrl-C stops it." : "");
  }

  static String required(String name, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException("--" + name + " is missing");
    }
    return value;
  }

  private static void check(FlinkLlmJobOptions options) {
    var unused = BigtableTarget.parse(required("bigtable", options.getBigtable()));
    required("models", options.getModels());
    mustMatch(SUBSCRIPTION, "jobsSubscription", options.getJobsSubscription(), "subscriptions");
    mustMatch(TOPIC, "deadLetterTopic", options.getDeadLetterTopic(), "topics");
    String master = options.getFlinkMaster();
    if (!isEmbedded(options)
        && !master.equals("[auto]")
        && !HOST_AND_PORT.matcher(master).matches()) {
      throw new IllegalArgumentException(
          "--flinkMaster is HOST:PORT of a cluster's REST address, or "
              + EMBEDDED
              + ", not '"
              + master
              + "'");
    }
    if (options.getParallelism() < 1 || options.getShards() < options.getParallelism()) {
      throw new IllegalArgumentException(
          "--parallelism is at least 1, and --shards no less, not "
              + options.getParallelism()
              + " and "
              + options.getShards());
    }
    if (options.getCheckpointingInterval() < 1) {
      throw new IllegalArgumentException(
          "--checkpointingInterval is in milliseconds and at least 1: messages are acknowledged at"
              + " checkpoints");
    }
  }

  private static void mustMatch(Pattern form, String name, String value, String kind) {
    if (!form.matcher(required(name, value)).matches()) {
      throw new IllegalArgumentException(
          "--" + name + " is projects/PROJECT/" + kind + "/NAME, not '" + value + "'");
    }
  }

  private static void keepCheckpoints(FlinkLlmJobOptions options) {
    String directory = options.getCheckpoints();
    if (directory == null && isEmbedded(options)) {
      directory =
          Path.of(System.getProperty("java.io.tmpdir"), "promptbeam-checkpoints").toString();
    }
    if (directory != null && options.getStateBackend() == null) {
      URI uri =
          SCHEME.matcher(directory).matches()
              ? URI.create(directory)
              : Path.of(directory).toAbsolutePath().toUri();
      options.setStateBackend("filesystem");
      options.setStateBackendStoragePath(uri.toString());
    }
  }

  private static String ownJar() {
    return Path.of(
            URI.create(
                FlinkArguments.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toString()))
        .toString();
  }

  private static boolean isGiven(List<String> args, String name) {
    return args.stream()
        .anyMatch(arg -> arg.startsWith("--" + name + "=") || arg.equals("--" + name));
  }

  private static void addUnlessGiven(List<String> args, String name, String value) {
    if (!isGiven(args, name)) {
      args.add("--" + name + "=" + value);
    }
  }
}
