package io.promptbeam.api.batches;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.job.Owner;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.BatchStore;
import io.promptbeam.submit.BatchCreation;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RepeatableCreationTest {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private static final Owner OWNER = new Owner("alice");
  private static final FileId FILE = FileId.random();

  private final Map<BatchId, Batch> stored = new HashMap<>();
  private final Set<BatchId> deleted = new HashSet<>();

  private final RepeatableCreation creation =
      new RepeatableCreation(
          this::store, new BatchCreation(this::store, publisher(), Duration.ZERO));

  private BatchStore store() {
    return proxy(
        BatchStore.class,
        (method, argument) -> {
          if (method.equals("read")) {
            return Optional.ofNullable(stored.get(argument));
          }
          if (method.equals("isDeleted")) {
            return deleted.contains(argument);
          }
          BatchSpec spec = (BatchSpec) argument;
          if (deleted.contains(spec.id())) {
            return new BatchStore.Creation(false, Optional.empty());
          }
          Batch mine = new Batch(spec, BatchRun.NEW, Optional.empty(), "v");
          Batch there = stored.putIfAbsent(spec.id(), mine);
          return new BatchStore.Creation(there == null, there == null ? mine : there);
        });
  }

  private static JobPublisher publisher() {
    return proxy(JobPublisher.class, (method, argument) -> null);
  }

  private interface Answer {
    @Nullable Object to(String method, Object argument);
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                CompletableFuture.completedFuture(answer.to(method.getName(), arguments[0]))));
  }

  private static RepeatableCreation.Attempt attempt(int retries, long second) {
    return attempt(OWNER, "body", retries, second);
  }

  private static RepeatableCreation.Attempt attempt(
      Owner owner, String body, int retries, long second) {
    return RepeatableCreation.Attempt.of(
        owner,
        JsonNodeFactory.instance.textNode(body),
        Optional.empty(),
        Optional.of(Integer.toString(retries)),
        T0.plusSeconds(second));
  }

  private BatchId arrive(RepeatableCreation.Attempt attempt) {
    return creation
        .find(attempt)
        .join()
        .orElseGet(() -> creation.create(attempt, identity -> spec(identity, attempt)).join())
        .spec()
        .id();
  }

  private static BatchSpec spec(
      RepeatableCreation.Identity identity, RepeatableCreation.Attempt attempt) {
    return new BatchSpec(
        identity.id(),
        attempt.owner(),
        BatchProtocol.OPENAI,
        FILE,
        "/v1/responses",
        "24h",
        Map.of(),
        attempt.at(),
        attempt.at().plus(Duration.ofDays(1)),
        Optional.empty(),
        Optional.of(identity.requestHash()),
        Optional.empty());
  }

  @Test
  void retry_findsItsBatch_whenTheFirstAttemptMadeIt() {
    BatchId first = arrive(attempt(0, 0));
    assertThat(arrive(attempt(1, 1))).isEqualTo(first);
    assertThat(arrive(attempt(2, 1_300))).isEqualTo(first);
    assertThat(stored).hasSize(1);
  }

  @Test
  void retry_findsItsBatch_whenAnEarlierOneOfTheSameBodyWasDeleted() {
    BatchId first = arrive(attempt(0, 0));
    stored.remove(first);
    deleted.add(first);
    BatchId second = arrive(attempt(0, 100));
    assertThat(second).isNotEqualTo(first);
    assertThat(arrive(attempt(1, 105))).isEqualTo(second);
    assertThat(stored).hasSize(1);
  }

  @Test
  void firstAttempt_makesNothing_whenItsRetryOvertookIt() {
    RepeatableCreation.Attempt slow = attempt(0, 0);
    BatchId made = arrive(attempt(1, 5));
    assertThat(arrive(slow)).isEqualTo(made);
    assertThat(arrive(attempt(2, 9))).isEqualTo(made);
    assertThat(stored).hasSize(1);
  }

  @Test
  void firstAttempt_makesAnother_whenTheOneBeforeWasMadeByARetry() {
    BatchId made = arrive(attempt(1, 5));
    BatchId another = arrive(attempt(0, 6));
    assertThat(another).isNotEqualTo(made);
    assertThat(arrive(attempt(1, 7))).isEqualTo(another);
    assertThat(stored).hasSize(2);
  }

  @Test
  void batches_areTwo_whenTwoFirstAttemptsAreTheSame() {
    assertThat(arrive(attempt(0, 0))).isNotEqualTo(arrive(attempt(0, 0)));
    assertThat(stored).hasSize(2);
  }

  @Test
  void retry_makesABatch_whenTheLikeOneIsOldOrOfAnotherBodyOrOwner() {
    arrive(attempt(0, 0));
    arrive(attempt(OWNER, "other body", 0, 3_000));
    arrive(attempt(new Owner("bob"), "body", 0, 3_000));
    arrive(attempt(1, 3_001));
    assertThat(stored).hasSize(4);
  }
}
