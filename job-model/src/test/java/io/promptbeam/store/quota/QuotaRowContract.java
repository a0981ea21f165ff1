package io.promptbeam.store.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link QuotaRow} does. */
abstract class QuotaRowContract {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private static final QuotaControl CONTROL =
      new QuotaControl(
          new QuotaLimits(
              Map.of(Dimension.REQUESTS, 60L, Dimension.TOKENS, 1_000_000_000L),
              OptionalLong.of(7)),
          T0,
          1_790_000_000_123_456L,
          Map.of(Dimension.REQUESTS, 5_000_000L, Dimension.TOKENS, 77L),
          0.7,
          Optional.of(T0.plusSeconds(3)));

  private QuotaRow row;

  abstract QuotaRow open(String quotaId);

  @BeforeEach
  void open() {
    row = open("model:" + UUID.randomUUID());
  }

  @Test
  void reserve_givesDisjointRangesWithoutGaps_whenManyReserveAtOnce() {
    record Range(long from, long to) {}
    List<CompletableFuture<Range>> asked =
        IntStream.range(0, 200)
            .mapToObj(
                i -> {
                  long amount = 1L + i % 7;
                  return row.reserve("w" + i % 20, Map.of(Dimension.REQUESTS, amount))
                      .thenApply(
                          reserved -> {
                            long end = reserved.ends().getOrDefault(Dimension.REQUESTS, -1L);
                            return new Range(end - amount, end);
                          });
                })
            .toList();
    List<Range> ranges = new ArrayList<>(asked.stream().map(CompletableFuture::join).toList());
    ranges.sort(Comparator.comparingLong(Range::from));
    long next = 0;
    for (Range range : ranges) {
      assertThat(range.from()).isEqualTo(next);
      next = range.to();
    }
    assertThat(row.read().join().counters()).containsExactly(Map.entry(Dimension.REQUESTS, next));
    assertThat(row.read().join().workers()).hasSize(20);
  }

  @Test
  void reserve_looksAtSeveralCountersAndTheTime_withoutMovingThem() {
    row.reserve("a", Map.of(Dimension.REQUESTS, 3L, Dimension.TOKENS, 900L)).join();
    QuotaRow.Reserved first =
        row.reserve("b", Map.of(Dimension.REQUESTS, 0L, Dimension.TOKENS, 0L)).join();
    assertThat(first.ends()).isEqualTo(Map.of(Dimension.REQUESTS, 3L, Dimension.TOKENS, 900L));
    assertThat(first.generation()).isZero();
    QuotaRow.Reserved second = row.reserve("b", Map.of()).join();
    assertThat(second.serverMicros()).isGreaterThanOrEqualTo(first.serverMicros());
    assertThat(worker("b").beatMicros()).isEqualTo(second.serverMicros());
  }

  @Test
  void skip_movesACounterOnce_whenSeveralSawTheSame() {
    row.reserve("a", Map.of(Dimension.TOKENS, 10L)).join();
    assertThat(row.skip(Dimension.TOKENS, 9, 500).join()).isFalse();
    assertThat(row.skip(Dimension.TOKENS, 10, 1_000).join()).isTrue();
    assertThat(row.skip(Dimension.TOKENS, 10, 2_000).join()).as("an old cell").isFalse();
    QuotaRow.Reserved then = row.reserve("a", Map.of(Dimension.TOKENS, 5L)).join();
    assertThat(then.ends()).containsEntry(Dimension.TOKENS, 1_005L);
    assertThat(row.skip(Dimension.TOKENS, 1_005, 1_003).join()).as("also back").isTrue();
    assertThat(row.read().join().counters()).containsEntry(Dimension.TOKENS, 1_003L);
  }

  @Test
  void skip_movesACounterThatWasNeverWritten() {
    assertThat(row.skip(Dimension.REQUESTS, 0, 42).join()).isTrue();
    assertThat(row.skip(Dimension.REQUESTS, 0, 43).join()).isFalse();
    assertThat(row.read().join().counters()).containsEntry(Dimension.REQUESTS, 42L);
  }

  @Test
  void control_isWrittenByOne_whenManyWriteAtOnce() {
    List<CompletableFuture<Boolean>> written =
        IntStream.range(0, 20).mapToObj(i -> row.writeControl(0, CONTROL)).toList();
    assertThat(written.stream().filter(CompletableFuture::join)).hasSize(1);
    QuotaRow.View view = row.read().join();
    assertThat(view.generation()).isEqualTo(1);
    assertThat(view.control()).contains(CONTROL);
    assertThat(row.reserve("a", Map.of()).join().generation()).isEqualTo(1);
    assertThat(row.writeControl(0, CONTROL).join()).isFalse();
    assertThat(row.writeControl(1, CONTROL).join()).isTrue();
  }

  @Test
  void holds_neverExceedTheLimit_whenManyTakeAtOnce() {
    Set<String> got = new HashSet<>();
    for (int i = 0; i < 12; i++) {
      row.reserve("w" + i, Map.of()).join();
    }
    List<CompletableFuture<Boolean>> taken = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String worker = "w" + i;
      taken.add(takeOne(worker, 5).thenApply(yes -> yes && got.add(worker)));
    }
    taken.forEach(CompletableFuture::join);
    QuotaRow.View view = row.read().join();
    assertThat(view.workers().values().stream().mapToLong(QuotaRow.WorkerView::held).sum())
        .isEqualTo(5);
    String one =
        view.workers().entrySet().stream()
            .filter(entry -> entry.getValue().held() == 1)
            .findFirst()
            .orElseThrow()
            .getKey();
    assertThat(row.hold("new", 1, List.of(one), view.holdsVersion()).join()).isTrue();
    assertThat(worker(one).held()).isZero();
  }

  private QuotaRow.WorkerView worker(String name) {
    return Optional.ofNullable(row.read().join().workers().get(name)).orElseThrow();
  }

  private CompletableFuture<Boolean> takeOne(String worker, long limit) {
    return row.read()
        .thenCompose(
            view -> {
              long held =
                  view.workers().values().stream().mapToLong(QuotaRow.WorkerView::held).sum();
              if (held >= limit) {
                return CompletableFuture.completedFuture(false);
              }
              return row.hold(worker, 1, List.of(), view.holdsVersion())
                  .thenCompose(
                      done ->
                          done ? CompletableFuture.completedFuture(true) : takeOne(worker, limit));
            });
  }

  @Test
  void forget_removesWorkersOnly() {
    row.reserve("a", Map.of(Dimension.REQUESTS, 1L)).join();
    row.reserve("b", Map.of(Dimension.REQUESTS, 1L)).join();
    row.forget(List.of("a")).join();
    QuotaRow.View view = row.read().join();
    assertThat(view.workers()).containsOnlyKeys("b");
    assertThat(view.counters()).containsEntry(Dimension.REQUESTS, 2L);
  }

  @Test
  void read_isEmpty_whenNothingWasWritten() {
    QuotaRow.View view = row.read().join();
    assertThat(view).isEqualTo(new QuotaRow.View(0, Optional.empty(), Map.of(), Map.of(), 0));
  }
}
