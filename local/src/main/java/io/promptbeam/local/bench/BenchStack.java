package io.promptbeam.local.bench;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.pipeline.engine.EngineStats;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The embedded stack with a model without quota and one with. Not thread-safe. */
final class BenchStack implements AutoCloseable {
  static final String UNLIMITED = BenchModels.UNLIMITED;
  static final String LIMITED = BenchModels.LIMITED;

  private static final int SUBMIT_AT_ONCE = 5_000;

  private final Stack stack;
  private final LocalPipeline pipeline;
  private final JobSubmitter submitter;
  private final SubmissionParser parser;
  private long submitted;

  private BenchStack(Stack stack, LocalPipeline pipeline, ModelCatalog catalog) {
    this.stack = stack;
    this.pipeline = pipeline;
    this.submitter = stack.submitter();
    this.parser = new SubmissionParser(catalog);
  }

  /**
   * Starts everything embedded.
   *
   * @param requestsPerMinute of {@link #LIMITED}, and what its provider enforces
   */
  static BenchStack start(long requestsPerMinute) throws IOException {
    ModelCatalog catalog = BenchModels.catalog(requestsPerMinute);
    Stack stack = Stack.open(new Backends(Optional.empty(), Optional.empty()));
    return new BenchStack(stack, stack.startPipeline(catalog), catalog);
  }

  SimulatedProvider provider(String model) {
    return ((HttpLlmClients) pipeline.worker().clients()).simulated(model).orElseThrow();
  }

  EngineStats stats() {
    return pipeline.worker().engine().stats();
  }

  /** Submits in bulk, as {@code promptbeam run} does, and waits until all are accepted. */
  void submit(String model, int jobs) {
    for (int left = jobs; left > 0; left -= SUBMIT_AT_ONCE) {
      List<Submission> chunk = new ArrayList<>();
      for (int i = 0; i < Math.min(left, SUBMIT_AT_ONCE); i++) {
        chunk.add(submission(model));
      }
      submitter.submitAll(chunk).join();
    }
  }

  /** Submits one job and waits until it is accepted. */
  void submitOne(String model) {
    submitter.submit(submission(model)).join();
  }

  private Submission submission(String model) {
    return BenchModels.submission(parser, model, submitted++);
  }

  /** Blocks until all submitted jobs have ended. */
  void awaitAll(Progress progress) throws InterruptedException {
    long ended = stats().ended();
    while (ended < submitted) {
      progress.at(ended, submitted);
      TimeUnit.MILLISECONDS.sleep(20);
      ended = stats().ended();
    }
  }

  long submitted() {
    return submitted;
  }

  /** Hears how far a benchmark is. */
  interface Progress {
    void at(long ended, long submitted);
  }

  @Override
  public void close() {
    stack.close();
  }
}
