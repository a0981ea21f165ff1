package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.Jobs;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class JobSubmitterTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  private final InMemoryJobStore store = new InMemoryJobStore();
  private final FakePublisher publisher = new FakePublisher();
  private final JobSubmitter submitter = new JobSubmitter(store, publisher, Duration.ofMillis(20));

  private static final class FakePublisher implements JobPublisher {
    final List<JobReference> published = Collections.synchronizedList(new ArrayList<>());
    final List<Integer> messages = Collections.synchronizedList(new ArrayList<>());
    CompletableFuture<Void> answer = CompletableFuture.completedFuture(null);

    @Override
    public CompletableFuture<Void> publish(JobReference reference) {
      published.add(reference);
      messages.add(1);
      return answer;
    }

    @Override
    public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
      return answer;
    }

    @Override
    public CompletableFuture<Void> publishTogether(List<JobReference> references) {
      published.addAll(references);
      messages.add(references.size());
      return answer;
    }

    @Override
    public void close() {}
  }

  private static Submission submission(JobId id, String hash) {
    return submission(id, hash, NOW);
  }

  /** The same again from a client that asks a second time. */
  private static Submission later(JobId id, String hash) {
    return submission(id, hash, NOW.plusSeconds(1));
  }

  private static Submission submission(JobId id, String hash, Instant createdAt) {
    JobSpec spec =
        new JobSpec(
            id,
            Owner.LOCAL,
            "m",
            JobLabels.ofType(JobLabels.GENERIC),
            new JobLimits(Priority.INTERACTIVE, 1, NOW.plusSeconds(60), 1),
            createdAt,
            Optional.of(hash));
    return new Submission(spec, new LlmRequest.Prompt(Optional.empty(), "x", StrictJson.object()));
  }

  @Test
  void jobsSubmittedInBulk_shareMessages_andAreAllDue() {
    List<Submission> many = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      many.add(submission(JobId.random(), "h"));
    }
    submitter.submitAll(many).join();
    assertThat(publisher.messages).containsExactly(100, 100, 50);
    assertThat(publisher.published)
        .extracting(JobReference::jobId)
        .containsExactlyElementsOf(many.stream().map(s -> s.spec().id()).toList());
    assertThat(store.due()).as("until they have ended").hasSize(250);
  }

  @Test
  void jobForLater_isNotPublished_butDueAtItsTime() {
    Submission later = startingAt(NOW.plusSeconds(3_600));
    Submission soon = startingAt(NOW.plusSeconds(60));
    assertThat(submitter.submit(later).join()).isInstanceOf(SubmitOutcome.Accepted.class);
    assertThat(submitter.submitAll(List.of(later, soon)).join()).hasSize(2);
    assertThat(publisher.published)
        .extracting(JobReference::jobId)
        .containsExactly(soon.spec().id());
    assertThat(store.due())
        .containsExactly(
            new DueEntry(soon.spec().id(), NOW.plusSeconds(60)),
            new DueEntry(later.spec().id(), NOW.plusSeconds(3_600)));
  }

  private static Submission startingAt(Instant notBefore) {
    Submission now = submission(JobId.random(), "h");
    JobSpec spec =
        new JobSpec(
            now.spec().id(),
            Owner.LOCAL,
            "m",
            now.spec().labels(),
            new JobLimits(Priority.BATCH, 1, 0, NOW.plusSeconds(7_200), 1, Optional.of(notBefore)),
            NOW,
            Optional.of("h"));
    return new Submission(spec, now.request());
  }

  @Test
  void job_isStoredDueAndPublished() {
    var one = submission(JobId.random(), "h");
    var outcome = submitter.submit(one).join();
    assertThat(outcome)
        .isInstanceOfSatisfying(
            SubmitOutcome.Accepted.class, accepted -> assertThat(accepted.replayed()).isFalse());
    assertThat(publisher.published).containsExactly(JobReference.to(one.spec()));
    assertThat(store.due()).containsExactly(DueEntry.first(one.spec()));
  }

  @Test
  void job_isAcceptedAndStaysDue_whenPublishingFailsOrThrowsOrHangs() {
    for (CompletableFuture<Void> answer :
        List.of(
            CompletableFuture.<Void>failedFuture(new IllegalStateException("down")),
            new CompletableFuture<Void>())) {
      publisher.answer = answer;
      var one = submission(JobId.random(), "h");
      assertThat(submitter.submit(one).join()).isInstanceOf(SubmitOutcome.Accepted.class);
      assertThat(store.due()).contains(DueEntry.first(one.spec()));
    }
  }

  @Test
  void sameKey_replaysOrConflicts_andIsNotPublishedAgainOnceItRan() {
    JobId id = JobId.random();
    submitter.submit(submission(id, "h")).join();
    new Jobs(store, Clock.fixed(NOW, ZoneOffset.UTC))
        .apply(id, new JobEvent.Claim("t", Duration.ofMinutes(1)))
        .join();
    assertThat(submitter.submit(later(id, "h")).join())
        .isInstanceOfSatisfying(
            SubmitOutcome.Accepted.class, accepted -> assertThat(accepted.replayed()).isTrue());
    assertThat(submitter.submit(later(id, "other")).join())
        .isEqualTo(new SubmitOutcome.IdempotencyConflict(id));
    assertThat(publisher.published).hasSize(1);
  }

  @Test
  void replay_publishesAJobNobodyTouched_forItsFirstPublicationMayBeLost() {
    JobId id = JobId.random();
    store.create(submission(id, "h").spec(), submission(id, "h").request()).join();
    assertThat(submitter.submit(later(id, "h")).join())
        .isInstanceOfSatisfying(
            SubmitOutcome.Accepted.class, accepted -> assertThat(accepted.replayed()).isTrue());
    assertThat(publisher.published).extracting(JobReference::jobId).containsExactly(id);
    assertThat(submitter.submit(later(id, "other")).join())
        .isEqualTo(new SubmitOutcome.IdempotencyConflict(id));
    assertThat(publisher.published).hasSize(1);
  }

  @Test
  void chunk_isPublishedWhole_whenATryBeforeStoredPartOfIt() {
    List<Submission> chunk = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      chunk.add(submission(JobId.random(), "h"));
    }
    chunk.subList(0, 3).forEach(stored -> store.create(stored.spec(), stored.request()).join());
    assertThat(submitter.submitAll(chunk).join())
        .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(SubmitOutcome.Accepted.class));
    assertThat(publisher.published).hasSize(5);
  }

  @Test
  void many_areSubmittedInOrder_withTheirOwnOutcomes() {
    List<Submission> many = new ArrayList<>();
    for (int i = 0; i < 1_200; i++) {
      many.add(submission(JobId.random(), "h"));
    }
    many.add(many.get(1_199));
    many.add(submission(many.get(1_199).spec().id(), "other"));
    var outcomes = submitter.submitAll(many).join();
    assertThat(outcomes).hasSize(1_202);
    for (int i = 0; i < 1_201; i++) {
      var accepted = (SubmitOutcome.Accepted) outcomes.get(i);
      assertThat(accepted.job().spec().id()).isEqualTo(many.get(i).spec().id());
      assertThat(accepted.replayed()).isEqualTo(i == 1_200);
    }
    assertThat(outcomes.get(1_201)).isInstanceOf(SubmitOutcome.IdempotencyConflict.class);
    assertThat(publisher.published).hasSize(1_200);
  }
}
