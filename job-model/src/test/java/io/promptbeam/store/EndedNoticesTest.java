package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.notice.Target;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EndedNoticesTest {
  private static final Instant T0 = TestJobs.T0;
  private static final String CATALOG =
      """
      models: [{id: mock, provider: simulated}]
      owners:
        - {name: ada, webhook: {url: https://a.example/h, secret: env:A, events: [batch, job]}}
        - {name: bob, webhook: {url: https://b.example/h, secret: env:B}}
      """;

  private final JobStore store = LockedLink.open(Clock.systemUTC());
  private final AtomicInteger heard = new AtomicInteger();
  private final EndedNotices notices;

  EndedNoticesTest() throws Exception {
    var catalog = ModelCatalogLoader.parse("models.yaml", CATALOG);
    notices = new EndedNotices(store.notices(), () -> catalog, Clock.systemUTC());
    notices.onNew(heard::incrementAndGet);
  }

  private static Batch failedBatch(Owner owner, BatchProtocol protocol) {
    BatchSpec spec = Batches.spec(new BatchId("0123456789abcdef01234567"), owner, protocol, T0);
    return new Batch(spec, BatchRun.NEW.failed(1, List.of(), 1, T0), Optional.empty(), "v");
  }

  private Job cancelled(JobSpec spec) {
    Job created = store.create(spec, TestJobs.prompt("secret words")).join().job();
    var applied = new Jobs(store, Clock.systemUTC()).apply(created, new JobEvent.RequestCancel());
    return ((Jobs.Applied.Done) applied.join()).job();
  }

  private List<String> kept(Owner owner) {
    return kept(NoticeLane.webhook(owner));
  }

  private List<String> kept(NoticeLane lane) {
    return store.notices().due(lane, Instant.now().plusSeconds(9), 9).join().stream()
        .map(DueNotice::key)
        .map(key -> store.notices().read(key).join().orElseThrow().notice().type())
        .toList();
  }

  @Test
  void batch_isNotedOnce_howeverOftenItIsSaid() {
    Owner bob = new Owner("bob");
    notices.ended(failedBatch(bob, BatchProtocol.OPENAI)).join();
    notices.ended(failedBatch(bob, BatchProtocol.OPENAI)).join();

    assertThat(kept(bob)).containsExactly("batch.failed");
    assertThat(heard).hasPositiveValue();
  }

  @Test
  void nothing_isNoted_forWhomNobodyAsked() {
    Owner bob = new Owner("bob");
    Owner eve = new Owner("eve");
    notices.ended(cancelled(TestJobs.spec(bob, T0))).join();
    notices.ended(cancelled(TestJobs.spec(eve, T0))).join();
    notices.ended(failedBatch(eve, BatchProtocol.OPENAI)).join();

    assertThat(store.notices().nextLane(Optional.empty()).join()).isEmpty();
    assertThat(heard).hasValue(0);
  }

  @Test
  void job_isNoted_andNoLineOfABatch() {
    Owner ada = new Owner("ada");
    BatchSpec batch = failedBatch(ada, BatchProtocol.OPENAI).spec();
    notices.ended(cancelled(Batches.line(batch, 3))).join();
    assertThat(kept(ada)).isEmpty();

    notices.ended(cancelled(TestJobs.spec(ada, T0))).join();
    assertThat(kept(ada)).containsExactly("job.cancelled");
  }

  @Test
  void everything_isNotedForTheTopic_whoeverHasAWebhook() {
    notices.publishAll();
    Owner bob = new Owner("bob");
    Owner eve = new Owner("eve");
    notices.ended(failedBatch(bob, BatchProtocol.OPENAI)).join();
    notices.ended(cancelled(TestJobs.spec(bob, T0))).join();
    notices.ended(cancelled(TestJobs.spec(eve, T0))).join();
    notices.ended(cancelled(Batches.line(failedBatch(eve, BatchProtocol.OPENAI).spec(), 3))).join();

    assertThat(kept(NoticeLane.TOPIC))
        .containsExactlyInAnyOrder("batch.failed", "job.cancelled", "job.cancelled");
    assertThat(kept(bob)).containsExactly("batch.failed");
    assertThat(kept(eve)).isEmpty();
  }

  @Test
  void topicsBody_alsoSaysWhoseItIsAndWhatBecameOfIt_underTheSameId() throws Exception {
    Batch batch = failedBatch(new Owner("ada"), BatchProtocol.OPENAI);
    Notice topic = Notice.of(batch, Target.TOPIC);
    Notice webhook = Notice.of(batch, Target.WEBHOOK);

    assertThat(topic.id()).isEqualTo(webhook.id());
    assertThat(topic.subject()).isEqualTo("batch_0123456789abcdef01234567");
    assertThat(topic.body())
        .isEqualTo(
            "{\"id\":\""
                + topic.id()
                + "\",\"object\":\"event\",\"type\":\"batch.failed\",\"created_at\":1795428000,"
                + "\"data\":{\"id\":\"batch_0123456789abcdef01234567\",\"status\":\"failed\","
                + "\"owner\":\"ada\"}}");
    assertThat(topic.key()).isNotEqualTo(webhook.key()).startsWith(webhook.id());
    assertThat(webhook.key()).isEqualTo(webhook.id());

    Job job = cancelled(TestJobs.spec(new Owner("ada"), T0));
    var data = new JsonMapper().readTree(Notice.of(job, Target.TOPIC).body()).path("data");
    assertThat(data.path("owner").asText()).isEqualTo("ada");
    assertThat(data.path("status").asText()).isEqualTo("cancelled");
  }

  @Test
  void body_isThatOfOpenAisEvents_underTheIdOfTheBatchsProtocol() throws Exception {
    Notice notice =
        Notice.of(failedBatch(new Owner("ada"), BatchProtocol.ANTHROPIC), Target.WEBHOOK);

    assertThat(notice.body())
        .isEqualTo(
            "{\"id\":\""
                + notice.id()
                + "\",\"object\":\"event\",\"type\":\"batch.failed\",\"created_at\":1795428000,"
                + "\"data\":{\"id\":\"msgbatch_0123456789abcdef01234567\"}}");
    // Remembered by receivers: a change of it would be a second event of the same ending.
    assertThat(notice.id()).isEqualTo("evt_6b789104f99792cd6cbf934255c8ee85");
  }

  @Test
  void body_saysOfAJobWhatBecameOfIt_andNothingOfItsRequest() throws Exception {
    JobSpec spec = TestJobs.spec(new Owner("ada"), T0);
    Notice notice = Notice.of(cancelled(spec), Target.WEBHOOK);

    var json = new JsonMapper().readTree(notice.body());
    assertThat(json.path("type").asText()).isEqualTo("job.cancelled");
    assertThat(json.path("data").path("id").asText()).isEqualTo(spec.id().toString());
    assertThat(json.path("data").path("status").asText()).isEqualTo("cancelled");
    assertThat(json.path("data").path("model").asText()).isEqualTo("mock");
    assertThat(json.path("data").path("error_code").asText()).isNotEmpty();
    assertThat(notice.body()).doesNotContain("secret").doesNotContain(JobLabels.GENERIC);
  }
}
