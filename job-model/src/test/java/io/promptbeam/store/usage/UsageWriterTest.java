package io.promptbeam.store.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.CallRecord;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class UsageWriterTest {
  private static final Owner OWNER = new Owner("a");
  private static final Instant AT = Instant.parse("2026-11-01T23:59:59Z");
  private static final LocalDate DAY = LocalDate.parse("2026-11-01");

  private final InMemoryUsage memory = new InMemoryUsage();
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private int writes;
  private boolean losesRequests;
  private boolean losesAnswers;

  private final UsageWriter writer =
      new UsageWriter(store(), "w1", (wait, task) -> tasks.add(task));

  private UsageStore store() {
    return new UsageStore() {
      @Override
      public CompletableFuture<Void> add(UsageDay day, String name, Change change) {
        writes++;
        if (!losesRequests) {
          memory.add(day, name, change).join();
        }
        return losesRequests || losesAnswers ? lost() : CompletableFuture.completedFuture(null);
      }

      @Override
      public CompletableFuture<Long> sequence(UsageDay day, String name) {
        return memory.sequence(day, name);
      }

      @Override
      public CompletableFuture<List<Day>> read(Owner owner, LocalDate from, LocalDate to) {
        return memory.read(owner, from, to);
      }

      @Override
      public CompletableFuture<Day> total(LocalDate day) {
        return memory.total(day);
      }

      @Override
      public BudgetRow budget(UsageDay day) {
        return memory.budget(day);
      }
    };
  }

  private static <T> CompletableFuture<T> lost() {
    return CompletableFuture.failedFuture(
        new StoreUnavailableException("lost", new IOException("lost")));
  }

  private void runTasks(int atMost) {
    for (int i = 0; i < atMost && !tasks.isEmpty(); i++) {
      tasks.remove().run();
    }
  }

  private void call(String model, Instant at) {
    writer.recorded(
        OWNER,
        List.of(
            new CallRecord(
                1,
                model,
                at,
                Optional.of(Usage.of(10, 5)),
                Optional.of(new BigDecimal("0.25")),
                Optional.empty())),
        false);
  }

  private UsageCounts counted(LocalDate day, String model) {
    return counted(day).getOrDefault(model, UsageCounts.NONE);
  }

  private Map<String, UsageCounts> counted(LocalDate day) {
    return memory.read(OWNER, day, day).join().stream()
        .findFirst()
        .map(UsageStore.Day::byModel)
        .orElse(Map.of());
  }

  @Test
  void counts_areWrittenTogether_oncePerInterval() {
    for (int i = 0; i < 100; i++) {
      call("m", AT);
    }
    call("n", AT);
    call("m", AT.plusSeconds(1));
    writer.ended(OWNER, "m", JobState.COMPLETED, AT);
    runTasks(10);
    assertThat(writes).as("one for each day").isEqualTo(2);
    assertThat(counted(DAY, "m"))
        .isEqualTo(
            new UsageCounts(
                100,
                0,
                Map.of(JobState.COMPLETED, 1L),
                Usage.of(1_000, 500),
                PicoDollars.of(new BigDecimal("25"))));
    assertThat(counted(DAY, "n").calls()).isEqualTo(1);
    assertThat(counted(DAY.plusDays(1), "m").calls()).isEqualTo(1);
    var budget = memory.budget(new UsageDay(OWNER, DAY)).read().join();
    assertThat(PicoDollars.toUsd(budget.taken())).isEqualByComparingTo("25.25");
  }

  @Test
  void counts_areAddedOnce_whenTheAnswerIsLost() {
    losesAnswers = true;
    call("m", AT);
    runTasks(1);
    losesAnswers = false;
    call("m", AT);
    runTasks(10);
    assertThat(counted(DAY, "m").calls()).isEqualTo(2);
    assertThat(writes).isEqualTo(2);
  }

  @Test
  void counts_areAddedOnce_whenTheRequestIsLost() {
    losesRequests = true;
    call("m", AT);
    runTasks(5);
    losesRequests = false;
    call("m", AT);
    runTasks(20);
    assertThat(counted(DAY, "m").calls()).isEqualTo(2);
  }

  @Test
  void flush_writesAtOnce_andCompletesThen() {
    call("m", AT);
    CompletableFuture<Void> flushed = writer.flush();
    assertThat(flushed).isCompleted();
    assertThat(counted(DAY, "m").calls()).isEqualTo(1);
    assertThat(writer.flush()).isCompleted();
  }

  @Test
  void flush_waitsForNoOutageToEnd() {
    losesRequests = true;
    call("m", AT);
    assertThat(writer.flush()).isCompleted();
    assertThat(counted(DAY)).isEmpty();
  }
}
