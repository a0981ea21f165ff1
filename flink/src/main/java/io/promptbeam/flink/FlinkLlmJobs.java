package io.promptbeam.flink;

import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.PubsubTopology;
import io.promptbeam.pipeline.CatalogWorkerFactory;
import io.promptbeam.pipeline.JobEvents;
import io.promptbeam.pipeline.LlmJobPipeline;
import io.promptbeam.pipeline.TraceExport;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.jspecify.annotations.Nullable;

/**
 * Runs the pipeline on Apache Flink: within this process until it is told to end, or on a cluster,
 * where the job goes on after this program has ended.
 */
public final class FlinkLlmJobs {
  private static final int USAGE = 2;
  private static final int FAILED = 1;

  /** How long an emulator that is still starting may take. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private FlinkLlmJobs() {}

  /** Takes options as {@code --name=value}; {@code --help} lists them. */
  public static void main(String[] args) {
    if (Arrays.stream(args).anyMatch(arg -> arg.equals("--help") || arg.equals("-h"))) {
      System.out.print(Help.text());
      return;
    }
    FlinkLlmJobOptions options;
    try {
      options = FlinkArguments.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("promptbeam: " + e.getMessage());
      System.err.println("Try: flink/run.sh --help");
      System.exit(USAGE);
      return;
    }
    try {
      run(options);
    } catch (IOException | RuntimeException e) {
      System.err.println("promptbeam: " + reason(e));
      System.exit(FAILED);
    }
  }

  private static void run(FlinkLlmJobOptions options) throws IOException {
    createWhatEmulatorsLack(options);
    var workers =
        new CatalogWorkerFactory(
            FlinkArguments.required("bigtable", options.getBigtable()),
            FlinkArguments.required("models", options.getModels()),
            JobEvents.of(options),
            TraceExport.of(options));
    Pipeline pipeline = LlmJobPipeline.build(options, new ClosingWorkers(workers));
    System.err.println(FlinkArguments.describe(options));
    PipelineResult result = pipeline.run();
    System.err.println("The job is " + result.getState() + " on " + options.getFlinkMaster());
  }

  private static void createWhatEmulatorsLack(FlinkLlmJobOptions options) throws IOException {
    BigtableTarget store =
        BigtableTarget.parse(FlinkArguments.required("bigtable", options.getBigtable()));
    if (store instanceof BigtableTarget.Emulator) {
      BigtableSchema.createMissing(store, BigtableSchema.DEFAULT_RETENTION);
    }
    String queue = options.getPubsubEmulator();
    if (queue != null && options.getJobsSubscription().equals(FlinkArguments.LOCAL_SUBSCRIPTION)) {
      PubsubTopology.createMissing(
          PubsubTarget.Emulator.parse(queue, PubsubTarget.DEFAULT_LOCAL_PROJECT),
          PubsubNames.DEFAULT,
          PATIENCE);
    }
  }

  /** The innermost message, which says what happened; the log has the rest. */
  private static String reason(Throwable failure) {
    Throwable innermost = failure;
    for (@Nullable Throwable next = failure; next != null; next = next.getCause()) {
      innermost = next;
    }
    return failure.getMessage() + " (" + innermost + ")";
  }
}
