package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final long SECOND = 1_000_000_000L;

  private final RetryBudget budget = new RetryBudget(new RetryBudget.Settings(3, 0.5, 0.1), 0);
  private final List<Integer> ran = new ArrayList<>();

  private void add(int from, int to) {
    for (int i = from; i <= to; i++) {
      int number = i;
      budget.add(() -> ran.add(number));
    }
  }

  @Test
  void retries_runInOrder_asFarAsTheBudgetGoes() {
    add(1, 5);
    budget.release(0);
    assertThat(ran).containsExactly(1, 2, 3);
    assertThat(budget.waitNanos()).isEqualTo(10 * SECOND);
    budget.release(10 * SECOND);
    assertThat(ran).containsExactly(1, 2, 3, 4);
    budget.releaseOne();
    assertThat(ran).containsExactly(1, 2, 3, 4, 5);
    assertThat(budget.hasWaiting()).isFalse();
    assertThat(budget.waitNanos()).isZero();
    budget.releaseOne();
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
