package io.promptbeam.pipeline.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Owner;
import io.promptbeam.store.usage.BudgetRow;
import io.promptbeam.store.usage.InMemoryUsage;
import io.promptbeam.store.usage.UsageDay;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DayBudgetTest {
  private static final UsageDay DAY = new UsageDay(new Owner("a"), LocalDate.parse("2026-11-01"));
  private static final long MILLI = 1_000_000L;

  private final InMemoryUsage usage = new InMemoryUsage();
  private final BudgetRow row = usage.budget(DAY);
  private long now;

  /** A worker whose answers may come late, or never. */
  private final class Worker {
    private final DayBudget budget;
    private final BudgetRow row;
    private final List<Long> calls = new ArrayList<>();
    private long paid;
    private Runnable answer = () -> {};
    private Runnable silence = () -> {};
    private boolean changing;

    Worker(BudgetRow row, UsageDay day, String id) {
      this.row = row;
      budget = new DayBudget(day, row, id, now);
    }

    void start(long estimate) {
      if (budget.tryReserve(estimate, now)) {
        calls.add(estimate);
      }
    }

    void end(Random random) {
      if (!calls.isEmpty()) {
        long estimate = calls.remove(random.nextInt(calls.size()));
        long cost = random.nextLong(estimate + 1);
        budget.settle(estimate, cost);
        paid += cost;
      }
    }

    void send(long of, boolean keep, boolean requestLost) {
      if (changing) {
        return;
      }
      DayBudget.Change change = budget.next(of, keep, now);
      changing = true;
      silence = () -> budget.unheard(change);
      if (requestLost) {
        answer = silence;
        return;
      }
      BudgetRow.Leased leased = row.lease(change.worker(), change.take(), change.spend()).join();
      answer =
          () -> {
            budget.changed(change, leased, of);
            if (budget.hasRoomForWanted(now)) {
              budget.forgetWanted();
            }
          };
    }

    void hear(boolean answerLost) {
      if (changing) {
        changing = false;
        (answerLost ? silence : answer).run();
      }
    }

    long committed() {
      return paid + calls.stream().mapToLong(Long::longValue).sum();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 40})
  void workers_neverCommitMoreThanTheBudget_whateverTheOrderAndWhateverIsLost(int count) {
    long usedInAll = 0;
    long budgetInAll = 0;
    for (int seed = 0; seed < 50; seed++) {
      UsageDay day = new UsageDay(new Owner("o" + seed), DAY.day());
      BudgetRow shared = usage.budget(day);
      Random random = new Random(seed * 100L + count);
      long budget = 1_000L + random.nextInt(14_000);
      List<Worker> workers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        workers.add(new Worker(shared, day, "w" + i));
      }
      for (int step = 0; step < 4_000; step++) {
        now += random.nextInt(20) * MILLI;
        Worker worker = workers.get(random.nextInt(count));
        switch (random.nextInt(6)) {
          case 0, 1 -> worker.start(1L + random.nextInt(400));
          case 2 -> worker.end(random);
          case 3 -> worker.send(budget, true, random.nextInt(20) == 0);
          default -> worker.hear(random.nextInt(20) == 0);
        }
        long committed = workers.stream().mapToLong(Worker::committed).sum();
        assertThat(committed).as("seed %d, step %d", seed, step).isLessThanOrEqualTo(budget);
      }
      usedInAll += workers.stream().mapToLong(Worker::committed).sum();
      budgetInAll += budget;
    }
    assertThat((double) usedInAll).isGreaterThan(0.5 * budgetInAll);
  }

  @Test
  void lease_isGivenBack_whenItIsNotUsed() {
    Worker worker = new Worker(row, DAY, "w");
    worker.start(100);
    worker.send(10_000, true, false);
    worker.hear(false);
    worker.start(100);
    assertThat(worker.calls).hasSize(1);
    worker.end(new Random(1));
    for (int i = 0; i < 2; i++) {
      now += Duration.ofSeconds(2).toNanos();
      worker.send(10_000, true, false);
      worker.hear(false);
    }
    BudgetRow.View view = row.read().join();
    assertThat(view.taken()).isEqualTo(worker.paid);
    assertThat(view.reserved()).isZero();
    assertThat(worker.budget.isAtRest()).isTrue();
  }

  @Test
  void lease_isGivenBack_whenTheCallsItWasFilledForDoNotBegin() {
    Worker worker = new Worker(row, DAY, "w");
    worker.start(100);
    worker.send(10_000, true, false);
    worker.hear(false);
    for (int i = 0; i < 50; i++) {
      assertThat(worker.budget.tryReserve(100, now)).isTrue();
      worker.budget.cancel(100);
    }
    now += Duration.ofSeconds(1).toNanos();
    worker.send(10_000, true, false);
    worker.hear(false);
    assertThat(row.read().join().taken()).isZero();
    assertThat(worker.budget.isAtRest()).isTrue();
  }

  @Test
  void lease_isNotUsedAgain_whenTheWorkerWasSilentTooLong() {
    Worker worker = new Worker(row, DAY, "w");
    worker.start(100);
    worker.send(10_000, true, false);
    worker.hear(false);
    now += DayBudget.LEASE.toNanos();
    worker.start(100);
    assertThat(worker.calls).isEmpty();
    worker.send(10_000, true, false);
    worker.hear(false);
    worker.start(100);
    assertThat(worker.calls).hasSize(1);
    assertThat(row.read().join().workers()).containsKeys("w.0", "w.1");
  }

  @Test
  void excess_isTakenOutOfTheBudget_whenACallCostsMoreThanThought() {
    Worker worker = new Worker(row, DAY, "w");
    worker.start(100);
    worker.send(1_000, true, false);
    worker.hear(false);
    worker.start(100);
    worker.budget.settle(100, 990);
    worker.send(1_000, true, false);
    worker.hear(false);
    assertThat(row.read().join().spent()).isEqualTo(990);
    worker.calls.clear();
    worker.start(100);
    assertThat(worker.calls).isEmpty();
  }
}
