package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaRow;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * When and how much one worker reserves of a quota's lines, and what it holds then. Called under
 * the quota's lock, which its answers take.
 */
final class Reservations {
  private static final long NOT_NOW = Long.MAX_VALUE / 2;

  /** A skip aims a little ahead, where little lateness is allowed. */
  private static final long HEADROOM_MICROS = 5_000;

  private final RowLoop loop;
  private final QuotaRow row;
  private final String worker;
  private final RowLoop.Owner owner;
  private final Object lock;
  private final AskPolicy policy;
  private long notBeforeNanos;

  Reservations(
      RowLoop loop,
      QuotaRow row,
      String worker,
      RowLoop.Owner owner,
      Object lock,
      AskPolicy policy,
      long nowNanos) {
    this.loop = loop;
    this.row = row;
    this.worker = worker;
    this.owner = owner;
    this.lock = lock;
    this.policy = policy;
    this.notBeforeNanos = nowNanos;
  }

  /** Nothing is reserved earlier. */
  long notBeforeNanos() {
    return notBeforeNanos;
  }

  /** When more is to be reserved; far away when there is enough for all that wait. */
  long dueNanos(long waiting, long now) {
    Charge usual = owner.usual();
    long lastsUntil = loop.pace().lastsUntilMicros(owner.next(), usual);
    if (lastsUntil == Long.MIN_VALUE) {
      return Math.max(notBeforeNanos, now);
    }
    if (loop.pace().calls(usual) >= waiting) {
      return NOT_NOW + now / 2;
    }
    long earliest = loop.earliestMicros(now);
    boolean looksFirst =
        AskPolicy.looksFirst(loop.pace().callsPerSecond(usual, earliest), loop.crew().active());
    if (isExact(usual, earliest)) {
      return NOT_NOW + now / 2;
    }
    long lead = looksFirst ? AskPolicy.nearMicros(loop.crew().active()) : AskPolicy.LEAD_MICROS;
    long lacking = now + Math.max(0, lastsUntil - lead - earliest) * 1_000;
    return Math.max(lacking, notBeforeNanos);
  }

  private boolean isExact(Charge usual, long earliest) {
    return loop.pace().isSized()
        && policy.oneByOne(loop.pace().callsPerSecond(usual, earliest), loop.crew().active());
  }

  CompletableFuture<?> reserve() {
    long sent = loop.nowNanos();
    boolean looksFirst;
    Map<Dimension, Long> nothing = new EnumMap<>(Dimension.class);
    synchronized (lock) {
      double rate = loop.pace().callsPerSecond(owner.usual(), loop.earliestMicros(sent));
      // A call that has its place in one line already does not wait for the others to be near.
      looksFirst =
          AskPolicy.looksFirst(rate, loop.crew().active())
              && !loop.pace().coversPartOf(owner.next());
      loop.pace().timelines().keySet().forEach(dimension -> nothing.put(dimension, 0L));
    }
    if (!looksFirst) {
      return take();
    }
    return row.reserve(worker, nothing)
        .thenApply(loop.locked(answer -> isNear(answer, sent)))
        .thenCompose(near -> near ? take() : CompletableFuture.completedFuture(null));
  }

  private boolean isNear(QuotaRow.Reserved answer, long sent) {
    loop.answered(answer, sent);
    long now = loop.nowNanos();
    long earliest = loop.earliestMicros(now);
    long due = lineEnd(answer.ends(), Map.of());
    if (due - earliest <= AskPolicy.nearMicros(loop.crew().active())) {
      return true;
    }
    long lookAt = policy.nextLookMicros(due, earliest, loop.crew().active());
    notBeforeNanos = now + (lookAt - earliest) * 1_000;
    return false;
  }

  /** When the first position after {@code ends}, less {@code amounts}, is due. */
  private long lineEnd(Map<Dimension, Long> ends, Map<Dimension, Long> amounts) {
    long due = Long.MIN_VALUE;
    for (var end : ends.entrySet()) {
      Timeline timeline = loop.pace().timelines().get(end.getKey());
      if (timeline != null) {
        long from = end.getValue() - amounts.getOrDefault(end.getKey(), 0L);
        due = Math.max(due, timeline.timeOf(from));
      }
    }
    return due;
  }

  private CompletableFuture<?> take() {
    long sent = loop.nowNanos();
    Map<Dimension, Long> amounts;
    boolean exactly;
    synchronized (lock) {
      Charge usual = owner.usual();
      long waiting = Math.max(1, owner.waiting(sent));
      double rate = loop.pace().callsPerSecond(usual, loop.earliestMicros(sent));
      loop.pace().forfeit(loop.latestMicros(sent));
      long open = Math.max(1, waiting - Math.min(waiting, loop.pace().calls(usual)));
      exactly = isExact(usual, loop.earliestMicros(sent));
      long calls = policy.calls(rate, loop.crew().active(), open);
      amounts =
          exactly
              ? loop.pace().missing(owner.next())
              : loop.pace().missing(calls, usual, owner.next());
    }
    return row.reserve(worker, amounts)
        .thenCompose(
            answer -> {
              List<CompletableFuture<?>> skips;
              synchronized (lock) {
                loop.answered(answer, sent);
                skips = taken(answer, amounts, exactly);
              }
              return CompletableFuture.allOf(skips.toArray(CompletableFuture<?>[]::new));
            });
  }

  private List<CompletableFuture<?>> taken(
      QuotaRow.Reserved answer, Map<Dimension, Long> amounts, boolean exactly) {
    long now = loop.nowNanos();
    long earliest = loop.earliestMicros(now);
    long latest = loop.latestMicros(now);
    // When the dimension that binds lets the first call go: what others hold until then is no use.
    long due = lineEnd(answer.ends(), amounts);
    List<CompletableFuture<?>> skips = new ArrayList<>();
    answer
        .ends()
        .forEach(
            (dimension, end) -> {
              Timeline timeline = loop.pace().timelines().get(dimension);
              long amount = amounts.getOrDefault(dimension, 0L);
              if (timeline == null || amount == 0) {
                return;
              }
              long slack = timeline.latenessMicros() / 2;
              if (end - amount >= timeline.positionAt(Math.max(latest, due) - slack)) {
                loop.pace().add(dimension, end - amount, end);
                return;
              }
              long ahead = Math.max(0, HEADROOM_MICROS - slack / 5);
              long from = timeline.positionAt(Math.max(earliest + ahead, due));
              skips.add(skip(dimension, end, amount, from));
            });
    policy.reserved(due - earliest, loop.crew().active());
    // Who takes one call at a time, and only a near one, asks no more often than calls start.
    notBeforeNanos = exactly ? now : now + policy.gapMicros(loop.crew().active()) * 1_000;
    return skips;
  }

  /** The counter lies behind, for nobody wanted what came due: only one worker may move it on. */
  private CompletableFuture<?> skip(Dimension dimension, long end, long amount, long from) {
    return row.skip(dimension, end, from + amount)
        .thenApply(
            loop.locked(
                done -> {
                  long first = done ? from : end - amount;
                  loop.pace().add(dimension, first, first + amount);
                  if (!done) {
                    // Somebody was faster; what comes now is fresh.
                    notBeforeNanos = loop.nowNanos();
                  }
                  return done;
                }));
  }
}
