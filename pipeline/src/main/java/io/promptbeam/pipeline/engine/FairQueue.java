package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot.Queue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What waits at one priority, owner by owner, served so that owners who wait get tokens in
 * proportion to their weights, however large their requests and however long their queues. A turn
 * costs O(log owners). Not thread-safe: the engine's loop owns it.
 *
 * <p>Start-time fair queueing: every owner has a virtual time at which it may have its next turn,
 * each turn moves it on by tokens / weight, and the owner with the least goes first. Who comes back
 * from having nothing to do starts at the present virtual time, so nothing is saved up. Between two
 * owners who both wait, tokens / weight differ by at most the sum of one largest request / weight
 * of each. (Source: P. Goyal, H. M. Vin, H. Cheng, "Start-time Fair Queuing", SIGCOMM 1996.)
 *
 * <p>A turn is charged by its estimate, and by what was really used as soon as that is known: an
 * owner that guesses low is behind afterwards.
 */
final class FairQueue<T> {
  /** A turn that was taken, to be settled once. */
  record Charge(Owner owner, long tokens, int weight, long period) {}

  private record Element<T>(T value, long tokens) {}

  private static final class Flow<T> {
    private static final Comparator<Flow<?>> BY_TURN =
        Comparator.<Flow<?>>comparingDouble(flow -> flow.start)
            .thenComparingLong(flow -> flow.order);

    private final Owner owner;
    private final ArrayDeque<Element<T>> elements = new ArrayDeque<>();
    private final Backlog backlog = new Backlog();
    private long tokens;
    private double start;
    private long order;

    /** Grows when the owner starts afresh; what it was charged before is paid for. */
    private long period;

    Flow(Owner owner) {
      this.owner = owner;
    }
  }

  private final ToIntFunction<Owner> weights;
  private final Map<Owner, Flow<T>> flows = new HashMap<>();
  private final TreeSet<Flow<T>> ready = new TreeSet<>(Flow.BY_TURN);

  /** Without anything to do, and charged for more than the present. */
  private final TreeSet<Flow<T>> ahead = new TreeSet<>(Flow.BY_TURN);

  /** Who gets no turn, and by which of {@link Queue}'s reasons. */
  private final Map<Owner, String> held = new HashMap<>();

  private double present;
  private long orders;
  private long periods;
  private int waitingOwners;

  /**
   * @param weights of owners, 1 or more; asked at each turn, so that changes take effect at once
   */
  FairQueue(ToIntFunction<Owner> weights) {
    this.weights = weights;
  }

  void add(Owner owner, T value, long tokens, long nowMillis) {
    Flow<T> flow = flows.computeIfAbsent(owner, this::newFlow);
    Element<T> element = new Element<>(value, Math.max(1, tokens));
    flow.elements.add(element);
    flow.tokens += element.tokens();
    flow.backlog.added(nowMillis);
    if (flow.elements.size() == 1) {
      waitingOwners++;
      ahead.remove(flow);
      if (!held.containsKey(owner)) {
        join(flow);
      }
    }
  }

  private Flow<T> newFlow(Owner owner) {
    Flow<T> flow = new Flow<>(owner);
    flow.start = present;
    flow.period = ++periods;
    return flow;
  }

  private void join(Flow<T> flow) {
    if (flow.start <= present) {
      flow.start = present;
      flow.period = ++periods;
    }
    flow.order = orders++;
    ready.add(flow);
  }

  /** Whether nobody waits, held or not. */
  boolean isEmpty() {
    return waitingOwners == 0;
  }

  /** Whether somebody waits who is not held. */
  boolean hasReady() {
    return !ready.isEmpty();
  }

  /** Whose turn it is, left in place; null when nobody is ready. */
  @Nullable T peek() {
    return ready.isEmpty() ? null : head().value();
  }

  /** What {@link #peek} is expected to use. Only while somebody is ready. */
  long peekTokens() {
    return head().tokens();
  }

  private Element<T> head() {
    return ready.first().elements.getFirst();
  }

  /**
   * Ends the turn of {@link #peek}'s owner.
   *
   * @param done whether the element leaves; else it stays first among its owner's
   */
  Charge turnTaken(boolean done) {
    Flow<T> flow = ready.pollFirst();
    if (flow == null) {
      throw new IllegalStateException("nobody had a turn");
    }
    long tokens = flow.elements.getFirst().tokens();
    int weight = Math.max(1, weights.applyAsInt(flow.owner));
    present = Math.max(present, flow.start);
    flow.start += (double) tokens / weight;
    if (done) {
      flow.elements.removeFirst();
      flow.tokens -= tokens;
      flow.backlog.taken();
    }
    if (flow.elements.isEmpty()) {
      waitingOwners--;
      ahead.add(flow);
    } else {
      flow.order = orders++;
      ready.add(flow);
    }
    forgetWhoIsNotAhead();
    return new Charge(flow.owner, tokens, weight, flow.period);
  }

  /** What the turn really used. */
  void settle(Charge charge, long usedTokens) {
    double change = (double) (usedTokens - charge.tokens()) / charge.weight();
    Optional<Flow<T>> known = Optional.ofNullable(flows.get(charge.owner()));
    if (change == 0 || (change < 0 && !known.map(f -> f.period == charge.period()).orElse(false))) {
      return;
    }
    Flow<T> flow = known.orElseGet(() -> newFlow(charge.owner()));
    flows.put(flow.owner, flow);
    boolean wasReady = ready.remove(flow);
    ahead.remove(flow);
    flow.start += change;
    if (wasReady) {
      ready.add(flow);
    } else if (flow.elements.isEmpty()) {
      ahead.add(flow);
    }
    forgetWhoIsNotAhead();
  }

  /** An owner without anything to do need not be known once the others have caught up. */
  private void forgetWhoIsNotAhead() {
    if (waitingOwners == 0 && !ahead.isEmpty()) {
      // Who used the model while nobody else wanted it owes nothing to who comes later.
      present = Math.max(present, ahead.last().start);
    }
    while (!ahead.isEmpty() && ahead.first().start <= present) {
      flows.remove(ahead.pollFirst().owner);
    }
  }

  /** Everybody's queue, longest first; for those who ask why they wait. Costs O(owners). */
  List<Queue> queues(Priority priority) {
    List<Flow<T>> waiting = new ArrayList<>(flows.values());
    waiting.removeIf(flow -> flow.elements.isEmpty());
    waiting.sort(
        Comparator.<Flow<T>>comparingInt(flow -> -flow.elements.size())
            .thenComparing(flow -> flow.owner.name()));
    List<Queue> queues = new ArrayList<>(waiting.size());
    for (Flow<T> flow : waiting) {
      queues.add(
          new Queue(
              flow.owner,
              priority,
              flow.elements.size(),
              flow.tokens,
              Math.max(1, weights.applyAsInt(flow.owner)),
              flow.start - present,
              Optional.ofNullable(held.get(flow.owner)),
              flow.backlog.marks()));
    }
    return queues;
  }

  /** Gives {@code owner} no turn until it is {@link #free}d; the others go on. */
  void hold(Owner owner, String reason) {
    if (held.put(owner, reason) == null) {
      Flow<T> flow = flows.get(owner);
      if (flow != null) {
        ready.remove(flow);
      }
    }
  }

  /** Takes {@link #hold} back; meanwhile nothing was saved up. */
  void free(Owner owner) {
    if (held.remove(owner) != null) {
      Flow<T> flow = flows.get(owner);
      if (flow != null && !flow.elements.isEmpty()) {
        join(flow);
      }
    }
  }
}
