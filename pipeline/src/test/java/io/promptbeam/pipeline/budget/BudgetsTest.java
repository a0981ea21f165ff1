package io.promptbeam.pipeline.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.OwnerPolicy.OverBudget;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.Owner;
import io.promptbeam.pipeline.engine.OwnerGate.Answer;
import io.promptbeam.pipeline.engine.OwnerGate.Reservation;
import io.promptbeam.pipeline.engine.Scheduler;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.store.usage.InMemoryUsage;
import io.promptbeam.store.usage.PicoDollars;
import io.promptbeam.store.usage.UsageDay;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BudgetsTest {
  private static final Owner OWNER = new Owner("a");
  private static final TokenAmount DIME = new TokenAmount(100_000, 0);
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private final InMemoryUsage usage = new InMemoryUsage();
  private final Budgets budgets =
      new Budgets(usage, BudgetsTest::catalog, "w", atNoon(Scheduler.ofThread("budgets")));

  private static ModelCatalog catalog() {
    var dollar =
        new OwnerPolicy(
            1,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            Optional.of(BigDecimal.ONE),
            OverBudget.WAIT);
    return new ModelCatalog(
        List.of(ScriptedModels.model("m", ProviderKind.OPENAI)),
        List.of(),
        Map.of(OWNER.name(), dollar),
        OwnerPolicy.DEFAULT,
        Instant.EPOCH);
  }

  /** The day does not end meanwhile. */
  private static Scheduler atNoon(Scheduler real) {
    return new Scheduler() {
      @Override
      public Clock clock() {
        return Clock.fixed(NOON, ZoneOffset.UTC);
      }

      @Override
      public long nanoTime() {
        return real.nanoTime();
      }

      @Override
      public Runnable after(Duration wait, Runnable task) {
        return real.after(wait, task);
      }

      @Override
      public void close() {
        real.close();
      }
    };
  }

  private Reservation reserve() throws Exception {
    CountDownLatch opens = new CountDownLatch(1);
    budgets.onOpen(owner -> opens.countDown());
    Answer answer = budgets.tryStart(OWNER, "m", DIME);
    if (answer instanceof Answer.Wait) {
      assertThat(opens.await(20, TimeUnit.SECONDS)).isTrue();
      answer = budgets.tryStart(OWNER, "m", DIME);
    }
    return ((Answer.Open) answer).reservation();
  }

  private long takenInTheEnd() throws Exception {
    budgets.close().get(20, TimeUnit.SECONDS);
    return usage.budget(new UsageDay(OWNER, LocalDate.parse("2026-11-01"))).read().get().taken();
  }

  @Test
  void reservation_isGivenBackOnce_whenItIsCancelledAndSettled() throws Exception {
    Reservation reservation = reserve();
    reservation.cancel();
    reservation.cancel();
    reservation.settle(BigDecimal.ZERO);
    assertThatIllegalStateException().isThrownBy(() -> reservation.settle(BigDecimal.ZERO));
    reserve().settle(new BigDecimal("0.07"));
    assertThat(takenInTheEnd()).isEqualTo(PicoDollars.of(new BigDecimal("0.07")));
  }

  @Test
  void reservation_isGivenBackOnce_whenItIsCancelledTooLate() throws Exception {
    Reservation reservation = reserve();
    reservation.settle(new BigDecimal("0.07"));
    reservation.cancel();
    assertThat(takenInTheEnd()).isEqualTo(PicoDollars.of(new BigDecimal("0.07")));
  }
}
