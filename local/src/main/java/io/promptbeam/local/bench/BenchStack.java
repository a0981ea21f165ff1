package io.promptbeam.local.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.job.Owner;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.pipeline.engine.EngineStats;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** The embedded stack with a model without quota and one with. Not thread-safe. */
final class BenchStack implements AutoCloseable {
  static final String UNLIMITED = BenchModels.UNLIMITED;
  static final String LIMITED = "limited";

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
    ModelCatalog catalog =
        new ModelCatalog(
            List.of(
                BenchModels.model(UNLIMITED, RateLimits.UNLIMITED, OptionalLong.empty()),
                BenchModels.model(LIMITED, requestsPerMinute, OptionalLong.of(requestsPerMinute))));
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
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("model_id", model).put("full_input", BenchModels.prompt(submitted++));
    try {
      return parser.parse(body, Owner.LOCAL, Optional.empty(), Instant.now());
    } catch (InvalidSubmissionException e) {
      throw new IllegalStateException("the benchmark's own submission is invalid", e);
    }
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
