package io.promptbeam.local.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What it costs that a message comes again, as it may in Dataflow's at-least-once mode. With {@code
 * -Dpromptbeam.duplicates.jobs=5000} the figures mean something.
 */
@Timeout(240)
class DuplicateDeliveriesIT {
  private static final int JOBS = Integer.getInteger("promptbeam.duplicates.jobs", 300);

  private long number;

  @Test
  void everyJobIsCalledOnce_whenEveryMessageComesTwiceAndOnceMoreAfterItsEnd() throws Exception {
    ModelCatalog catalog = BenchModels.catalog(60_000);
    try (Stack stack = Stack.open(new Backends(Optional.empty(), Optional.empty()))) {
      LocalPipeline pipeline = stack.startPipeline(catalog);
      SimulatedProvider provider =
          ((HttpLlmClients) pipeline.worker().clients())
              .simulated(BenchModels.UNLIMITED)
              .orElseThrow();
      Round round = new Round(pipeline, provider, new SubmissionParser(catalog));
      Repeating twice = new Repeating(stack.publisher(), 2);

      round.run("warming up", new JobSubmitter(stack.store(), stack.publisher()), JOBS);
      round.run("each message once", new JobSubmitter(stack.store(), stack.publisher()), JOBS);
      round.run("each message twice", new JobSubmitter(stack.store(), twice), JOBS);

      CpuMeter cpu = new CpuMeter();
      long before = provider.stats().calls();
      for (List<JobReference> together : twice.sent()) {
        stack.publisher().publishTogether(together).get();
      }
      // Behind them in the queue, so that they are through when it has ended.
      round.run("a job behind them", new JobSubmitter(stack.store(), stack.publisher()), 1);
      assertThat(provider.stats().calls()).isEqualTo(before + 1);
      tell("again after their end", cpu, JOBS);
    }
  }

  /** Jobs from submission to their end. */
  private final class Round {
    private final LocalPipeline pipeline;
    private final SimulatedProvider provider;
    private final SubmissionParser parser;

    Round(LocalPipeline pipeline, SimulatedProvider provider, SubmissionParser parser) {
      this.pipeline = pipeline;
      this.provider = provider;
      this.parser = parser;
    }

    void run(String name, JobSubmitter submitter, int jobs) throws Exception {
      CpuMeter cpu = new CpuMeter();
      long calls = provider.stats().calls();
      long ended = ended();
      List<Submission> submissions = new ArrayList<>();
      for (int i = 0; i < jobs; i++) {
        submissions.add(BenchModels.submission(parser, BenchModels.UNLIMITED, number++));
      }
      submitter.submitAll(submissions).get();
      Await.until("all have ended", Duration.ofMinutes(2), this::ended, now -> now >= ended + jobs);
      tell(name, cpu, jobs);
      assertThat(ended() - ended).as("jobs that ended").isEqualTo(jobs);
      assertThat(provider.stats().calls() - calls).as("calls").isEqualTo(jobs);
    }

    private long ended() {
      return pipeline.worker().engine().stats().ended();
    }
  }

  private static void tell(String round, CpuMeter cpu, int jobs) {
    System.out.printf(
        Locale.ROOT,
        "%-22s %6d jobs, CPU ms/job: %.2f here, %.2f in the Bigtable emulator%n",
        round,
        jobs,
        cpu.ownMillisPer(jobs),
        cpu.childrenMillisPer(jobs));
  }

  /** Sends each message several times. */
  private record Repeating(JobPublisher to, int times, List<List<JobReference>> sent)
      implements JobPublisher {
    Repeating(JobPublisher to, int times) {
      this(to, times, new CopyOnWriteArrayList<>());
    }

    @Override
    public CompletableFuture<Void> publish(JobReference reference) {
      return publishTogether(List.of(reference));
    }

    @Override
    public CompletableFuture<Void> publishTogether(List<JobReference> references) {
      sent.add(references);
      CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
      for (int i = 0; i < times; i++) {
        all = CompletableFuture.allOf(all, to.publishTogether(references));
      }
      return all;
    }

    @Override
    public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
      return to.publishBatch(batch, owner);
    }

    @Override
    public void close() {
      to.close();
    }
  }
}
