package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Calls;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobFilter;
import io.promptbeam.store.Jobs;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The verb against a service over a store in memory. */
@Timeout(120)
class RetryCommandIT {
  private final InMemoryJobStore store = new InMemoryJobStore();
  private final Jobs jobs = new Jobs(store, Clock.systemUTC());
  private final List<JobReference> published = new CopyOnWriteArrayList<>();
  private ApiServer server;
  private Console console;

  @BeforeEach
  void start() throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            """
            models:
              - {id: a, provider: simulated}
              - {id: b, provider: simulated}
            """);
    server =
        new ApiServer(
            ApiConfig.loopback(0), store, new Recording(published), catalog, Clock.systemUTC());
    server.start();
    console = new Console(Map.of("PROMPTBEAM_URL", server.uri().toString()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private record Recording(List<JobReference> published) implements JobPublisher {
    @Override
    public CompletableFuture<Void> publish(JobReference reference) {
      published.add(reference);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
      throw new UnsupportedOperationException("no batches here");
    }

    @Override
    public CompletableFuture<Void> publishTogether(List<JobReference> references) {
      published.addAll(references);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }

  private JobId pending(String model, Optional<String> batch) {
    Instant now = Instant.now();
    JobSpec spec =
        new JobSpec(
            JobId.random(),
            Owner.LOCAL,
            model,
            new JobLabels("t", Optional.empty(), batch, Optional.empty(), Map.of()),
            new JobLimits(Priority.BATCH, 1, now.plusSeconds(60), 3),
            now,
            Optional.empty());
    var request =
        new LlmRequest.Prompt(Optional.empty(), "x", JsonNodeFactory.instance.objectNode());
    store.create(spec, request).join();
    return spec.id();
  }

  private String failed(String model, String code, String batch) {
    JobId id = pending(model, Optional.of(batch));
    apply(id, new JobEvent.Claim("token", Duration.ofMinutes(1)));
    apply(id, new JobEvent.Fail("token", JobError.of(code, "No."), Calls.NONE));
    return id.toString();
  }

  private void apply(JobId id, JobEvent event) {
    var job = store.read(id, Set.of()).join().orElseThrow();
    assertThat(jobs.apply(job, event).join()).isInstanceOf(Jobs.Applied.Done.class);
  }

  private int count(JobState state) {
    JobFilter filter =
        new JobFilter(
            Optional.of(state),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    int count = 0;
    Optional<String> next = Optional.empty();
    do {
      var page = store.list(Owner.LOCAL, filter, 100, next).join();
      count += page.jobs().size();
      next = page.next();
    } while (next.isPresent());
    return count;
  }

  @Test
  void batch_isRetriedWhole_howeverManyPagesItHas() {
    for (int i = 0; i < 250; i++) {
      failed(i % 5 == 0 ? "b" : "a", "provider_error", "b-1");
    }
    failed("a", "provider_error", "b-2");

    assertThat(console.run("retry", "--batch", "b-1", "--yes")).isEqualTo(ExitCodes.OK);
    assertThat(console.err().lines())
        .containsExactly(
            "MODEL  STATUS  ERROR           JOBS",
            "a      failed  provider_error  200",
            "b      failed  provider_error  50",
            "250 new jobs, 0 retried before, 0 refused");
    assertThat(published).hasSize(250);
    assertThat(count(JobState.PENDING)).isEqualTo(250);

    assertThat(console.run("retry", "--batch", "b-1", "--yes")).isEqualTo(ExitCodes.OK);
    assertThat(console.err()).endsWith("0 new jobs, 250 retried before, 0 refused\n");
    assertThat(count(JobState.PENDING)).isEqualTo(250);
  }

  @Test
  void filter_asksFirst() {
    failed("a", "timeout", "b-1");

    assertThat(console.run("retry", "--status", "failed")).isEqualTo(ExitCodes.USAGE);
    assertThat(console.err()).contains("--dry-run", "--yes").hasLineCount(1);
    assertThat(console.run("retry", "--status", "failed", "--dry-run")).isEqualTo(ExitCodes.OK);
    assertThat(console.err()).endsWith("1 job would be retried.\n");
    assertThat(console.typing("n\n").run("retry", "--status", "failed")).isEqualTo(ExitCodes.OK);
    assertThat(console.err()).contains("Retry 1 job").endsWith("Nothing was retried.\n");
    assertThat(console.typing("").run("retry", "--status", "failed")).isEqualTo(ExitCodes.OK);
    assertThat(published).isEmpty();
    assertThat(console.typing("y\n").run("retry", "--status", "failed")).isEqualTo(ExitCodes.OK);
    assertThat(published).hasSize(1);
  }

  @Test
  void filters_areCombined() {
    failed("a", "timeout", "b-1");
    failed("a", "provider_error", "b-1");
    failed("b", "timeout", "b-1");
    apply(pending("a", Optional.empty()), new JobEvent.RequestCancel());

    assertThat(found("--code", "timeout")).isEqualTo(2);
    assertThat(found("--code", "timeout", "--code", "provider_error")).isEqualTo(3);
    assertThat(found("--code", "timeout", "--model", "b")).isEqualTo(1);
    assertThat(found("--status", "cancelled")).isEqualTo(1);
    assertThat(found("--status", "failed,cancelled,expired")).isEqualTo(4);
    assertThat(found("--status", "failed", "--limit", "2")).isEqualTo(2);
    assertThat(found("--since", "1h", "--type", "t")).isEqualTo(3);
    assertThat(console.run("retry", "--type", "other", "--dry-run")).isEqualTo(ExitCodes.OK);
    assertThat(console.err()).isEqualTo("No jobs match.\n");
  }

  private int found(String... filter) {
    List<String> arguments = new ArrayList<>(List.of("retry", "--dry-run"));
    arguments.addAll(List.of(filter));
    assertThat(console.run(arguments.toArray(String[]::new))).isEqualTo(ExitCodes.OK);
    String last = console.err().lines().reduce((first, second) -> second).orElseThrow();
    return Integer.parseInt(last.split(" ", 2)[0]);
  }

  @Test
  void refusals_areCountedWithTheirReason() {
    failed("a", "timeout", "b-1");
    failed("gone", "timeout", "b-1");
    failed("gone", "timeout", "b-1");

    assertThat(console.run("retry", "--batch", "b-1", "--yes")).isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(console.err())
        .contains("1 new job, 0 retried before, 2 refused\n  2 × unknown_model: model_id: ");
  }

  @Test
  void namedJobs_printTheirNewJobs() {
    String one = failed("a", "timeout", "b-1");
    String other = failed("a", "timeout", "b-1");

    assertThat(console.run("retry", one, other, one)).isEqualTo(ExitCodes.OK);
    assertThat(console.out().lines()).containsExactly(newId(one), newId(other));
    assertThat(console.err()).isEqualTo("2 new jobs, 0 retried before, 0 refused\n");

    assertThat(console.run("retry", one)).isEqualTo(ExitCodes.OK);
    assertThat(console.out()).isEqualTo(newId(one) + "\n");
    assertThat(console.err()).contains("was retried before");
  }

  private static String newId(String old) {
    return JobId.forRetryOf(Owner.LOCAL, JobId.parse(old).orElseThrow()).toString();
  }

  @Test
  void namedJob_isRefusedInOneLine() {
    JobId waiting = pending("a", Optional.empty());

    assertThat(console.run("retry", waiting.toString())).isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(console.err()).contains("pending", "job_not_failed").hasLineCount(1);
    apply(waiting, new JobEvent.Claim("token", Duration.ofMinutes(1)));
    apply(waiting, new JobEvent.Complete("token", Calls.paid(Usage.of(1, 1), BigDecimal.ONE)));
    assertThat(console.run("retry", waiting.toString())).isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(console.run("retry", JobId.random().toString())).isEqualTo(ExitCodes.USAGE);
    assertThat(console.err()).contains("job_not_found").hasLineCount(1);
    assertThat(console.run("retry", waiting.toString(), failed("a", "timeout", "b")))
        .isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(console.err()).contains("1 new job, 0 retried before, 1 refused");
  }

  @Test
  void wrongUsage_isSaid_beforeAnythingIsListed() throws IOException {
    server.close();
    assertThat(console.run("retry")).isEqualTo(ExitCodes.USAGE);
    assertThat(console.err()).contains("say which jobs").hasLineCount(1);
    assertThat(console.run("retry", "nope")).isEqualTo(ExitCodes.USAGE);
    assertThat(console.run("retry", JobId.random().toString(), "--status", "failed"))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(console.run("retry", "--status", "completed", "--yes")).isEqualTo(ExitCodes.USAGE);
    assertThat(console.err()).contains("failed, expired or cancelled").hasLineCount(1);
    assertThat(console.run("retry", "--since", "yesterday", "--yes")).isEqualTo(ExitCodes.USAGE);
    assertThat(console.run("retry", "--limit", "0", "--yes")).isEqualTo(ExitCodes.USAGE);
    assertThat(console.run("retry", "--status", "failed", "--yes"))
        .isEqualTo(ExitCodes.ENVIRONMENT);
  }
}
