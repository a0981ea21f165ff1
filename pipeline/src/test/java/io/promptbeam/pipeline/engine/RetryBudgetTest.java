package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final long SECOND = 1_000_000_000L;

  private final RetryBudget budget =
      new RetryBudget(new RetryBudget.Settings(3, 0.5, 0.1), owner -> 1, 0);
  private final List<Integer> ran = new ArrayList<>();

  private void add(int from, int to) {
    for (int i = from; i <= to; i++) {
      add("a", Priority.INTERACTIVE, i);
    }
  }

  private void add(String owner, Priority priority, int number) {
    var reference =
        new JobReference(JobId.random(), new Owner(owner), "m", priority, 1, 0, Optional.empty());
    budget.add(new SingleJob(reference), () -> ran.add(number));
  }

  @Test
  void owners_takeTurns_andInteractiveGoesFirst() {
    add("b", Priority.BATCH, 9);
    add(1, 3);
    add("b", Priority.INTERACTIVE, 4);
    budget.release(0);
    assertThat(ran).containsExactly(1, 4, 2);
    budget.release(20 * SECOND);
    assertThat(ran).containsExactly(1, 4, 2, 3, 9);
  }

  @Test
  void retries_runInOrder_asFarAsTheBudgetGoes() {
    add(1, 5);
    budget.release(0);
    assertThat(ran).containsExactly(1, 2, 3);
    assertThat(budget.waitNanos()).isEqualTo(10 * SECOND);
    budget.release(10 * SECOND);
    assertThat(ran).containsExactly(1, 2, 3, 4);
    assertThat(budget.releaseOne()).isTrue();
    assertThat(ran).containsExactly(1, 2, 3, 4, 5);
    assertThat(budget.hasWaiting()).isFalse();
    assertThat(budget.waitNanos()).isZero();
    assertThat(budget.releaseOne()).isFalse();
  }

  @Test
  void answers_earnRetries_andARetryThatWorkedGivesItsOwnBack() {
    add(1, 6);
    budget.release(0);
    budget.earn(false, 0);
    budget.release(0);
    assertThat(ran).hasSize(3);
    budget.earn(false, 0);
    budget.release(0);
    assertThat(ran).hasSize(4);
    budget.earn(true, 0);
    budget.release(0);
    assertThat(ran).hasSize(5);
  }

  @Test
  void budget_isNotSavedUpBeyondItsBurst() {
    for (int i = 0; i < 100; i++) {
      budget.earn(true, 1_000 * SECOND);
    }
    add(1, 10);
    budget.release(1_000 * SECOND);
    assertThat(ran).hasSize(3);
  }
}
