package io.promptbeam.local.bench.quotas;

import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.EngineWorker;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.engine.WorkListener;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A worker without a runner: what a pipeline's worker has, over a store that others use too, with
 * jobs it makes itself. Steered by lines: says {@code READY}, begins at {@code GO}, and ends when
 * its input does.
 */
public final class QuotaWorker {
  static final String READY = "READY";
  static final String GO = "GO";

  private static final int SUBMIT_AT_ONCE = 2_000;

  /**
   * What to do.
   *
   * @param name unlike that of any other worker
   * @param warmUp jobs of the model {@code warm} to run before
   * @param jobs of {@code model} to have in the backlog
   * @param callsOnly whether to make the calls without engine and store, by the quota alone
   */
  public record Task(
      String name,
      BigtableTarget store,
      Path models,
      String model,
      QuotaCase.Unit unit,
      int warmUp,
      int jobs,
      boolean callsOnly) {}

  private QuotaWorker() {}

  /** Runs until {@code in} ends. */
  public static void run(Task task, BufferedReader in, Consumer<String> out)
      throws IOException, InvalidCatalogException, InterruptedException {
    ModelCatalog catalog = ModelCatalogLoader.load(task.models());
    var prompts = new BenchPrompts(catalog, task.name());
    List<Submission> warm = prompts.make("warm", QuotaCase.Unit.REQUESTS, task.warmUp());
    List<Submission> backlog = prompts.make(task.model(), task.unit(), task.jobs());
    var clients = HttpLlmClients.open(catalog, SecretResolver.ofProcess());
    if (task.callsOnly()) {
      try (var store = BigtableJobStore.open(task.store());
          var caller = new QuotaCaller(store, clients)) {
        run(caller::callAll, warm, backlog, in, out);
      }
      return;
    }
    try (var store = BigtableJobStore.open(task.store());
        var worker =
            new EngineWorker(BigtableJobStore.open(task.store()), clients, EngineConfig.DEFAULT)) {
      var submitter = new JobSubmitter(store, JobPublisher.NONE);
      store(submitter, warm);
      store(submitter, backlog);
      run(jobs -> offer(worker, jobs), warm, backlog, in, out);
    }
  }

  private static void run(
      Function<List<Submission>, CountDownLatch> work,
      List<Submission> warm,
      List<Submission> backlog,
      BufferedReader in,
      Consumer<String> out)
      throws IOException, InterruptedException {
    work.apply(warm).await();
    out.accept(READY);
    if (GO.equals(in.readLine())) {
      var unused = work.apply(backlog);
      in.readLine();
    }
  }

  private static void store(JobSubmitter submitter, List<Submission> jobs) {
    for (int from = 0; from < jobs.size(); from += SUBMIT_AT_ONCE) {
      submitter.submitAll(jobs.subList(from, Math.min(jobs.size(), from + SUBMIT_AT_ONCE))).join();
    }
  }

  private static CountDownLatch offer(EngineWorker worker, List<Submission> jobs) {
    var listener = new Ended(jobs.size());
    for (Submission job : jobs) {
      worker.engine().offer(new SingleJob(JobReference.to(job.spec())), listener);
    }
    return listener.all;
  }

  private static final class Ended implements WorkListener {
    private final CountDownLatch all;

    Ended(int jobs) {
      all = new CountDownLatch(jobs);
    }

    @Override
    public void jobEnded(JobOutcome outcome) {}

    @Override
    public void itemFinished(WorkItem item) {
      all.countDown();
    }
  }
}
