package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Caller;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.notice.Notice;
import io.promptbeam.store.EndedJobs;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.NoticeStore;
import io.promptbeam.store.OwnerCounters;
import io.promptbeam.store.usage.UsageLedger;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CancelHandlerTest {
  private static final Owner ADA = new Owner("ada");

  private final InMemoryJobStore store = new InMemoryJobStore();
  private final List<String> kept = new ArrayList<>();
  private CompletableFuture<Void> keeping = CompletableFuture.completedFuture(null);

  private CancelHandler handler() throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            """
            models: [{id: m, provider: simulated}]
            owners: [{name: ada, webhook: {url: 'https://a/', secret: env:S, events: [job]}}]
            """);
    NoticeStore notices =
        (NoticeStore)
            Proxy.newProxyInstance(
                NoticeStore.class.getClassLoader(),
                new Class<?>[] {NoticeStore.class},
                (proxy, method, arguments) -> {
                  kept.add(method.getName() + " " + ((Notice) arguments[0]).type());
                  return keeping;
                });
    Clock clock = Clock.systemUTC();
    return new CancelHandler(
        new JobReader(store),
        new Jobs(store, clock),
        new EndedJobs(OwnerCounters.NONE, () -> catalog),
        new EndedNotices(notices, () -> catalog, clock),
        UsageLedger.NONE,
        clock);
  }

  private ApiRequest cancelOfAJob() {
    Instant now = Instant.now();
    JobLimits limits = new JobLimits(Priority.INTERACTIVE, 10, now.plusSeconds(3_600), 2);
    JobLabels labels = JobLabels.ofType(JobLabels.GENERIC);
    JobId id = JobId.random();
    JobSpec spec = new JobSpec(id, ADA, "m", labels, limits, now, Optional.empty());
    var request =
        new LlmRequest.Prompt(Optional.empty(), "Hello", JsonNodeFactory.instance.objectNode());
    assertThat(store.create(spec, request).join().created()).isTrue();
    return (ApiRequest)
        Proxy.newProxyInstance(
            ApiRequest.class.getClassLoader(),
            new Class<?>[] {ApiRequest.class},
            (proxy, method, arguments) -> id.toString());
  }

  @Test
  void webhook_isToldAtOnce_whenAJobIsCancelledHere() throws Exception {
    ApiRequest request = cancelOfAJob();

    assertThat(handler().handle(request, Caller.of(ADA)).join().status()).isEqualTo(200);
    assertThat(kept).containsExactly("put job.cancelled");
  }

  @Test
  void job_isCancelled_whetherANoticeCanBeKeptOrNot() throws Exception {
    keeping = CompletableFuture.failedFuture(new IOException("away"));

    assertThat(handler().handle(cancelOfAJob(), Caller.of(ADA)).join().status()).isEqualTo(200);
  }
}
