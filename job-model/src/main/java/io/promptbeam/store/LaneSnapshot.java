package io.promptbeam.store;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What waits for one model at one worker, and why, at a moment.
 *
 * @param worker unlike any other
 * @param queues of the owners with the longest queues
 * @param others of all other owners together, by priority
 * @param binding why no more calls start; empty when nothing holds them up
 * @param startsPerSecond of calls, lately
 * @param callTakes how long calls take, lately; zero when unknown
 * @param figures of the last minute
 */
public record LaneSnapshot(
    String modelId,
    String worker,
    Instant at,
    List<Queue> queues,
    List<Rest> others,
    Optional<Binding> binding,
    double startsPerSecond,
    Duration callTakes,
    LaneFigures figures) {
  /** Reasons of {@link Binding}. */
  public static final String PROVIDER_PAUSED = "provider_paused";

  public static final String BREAKER_OPEN = "breaker_open";

  /** Reasons of {@link Queue#heldBy}: one owner's alone, and nobody else's business. */
  public static final String OWNER_IN_FLIGHT = "owner_in_flight";

  public static final String BUDGET = "budget";

  public LaneSnapshot {
    queues = List.copyOf(queues);
    others = List.copyOf(others);
  }

  /**
   * One owner's queue at one priority.
   *
   * @param jobs that wait
   * @param tokens they are expected to use
   * @param weight of the owner's turns
   * @param lag virtual time until the owner's next turn, in tokens / weight; as of fair turns
   * @param heldBy why the owner has no turn, {@link #OWNER_IN_FLIGHT} or {@link #BUDGET}; empty
   *     while it has
   * @param marks how long the queue was, by when jobs came; earliest first
   */
  public record Queue(
      Owner owner,
      Priority priority,
      long jobs,
      long tokens,
      int weight,
      double lag,
      Optional<String> heldBy,
      List<Mark> marks) {
    public Queue {
      marks = List.copyOf(marks);
    }

    /** Whether the owner has no turn. */
    public boolean held() {
      return heldBy.isPresent();
    }
  }

  /** Before what came at {@code at}, {@code ahead} jobs of the queue still wait. */
  public record Mark(Instant at, long ahead) {}

  /** Owners whose queues are not told one by one. */
  public record Rest(Priority priority, int owners, long jobs, long tokens, long weights) {}

  /**
   * A limit that binds.
   *
   * @param reason {@code requests}, {@code tokens}, {@code input_tokens}, {@code output_tokens},
   *     {@code in_flight} or one of the constants above
   * @param until when it ends, if that is known
   * @param since when it began, where that tells something
   * @param errorCode what the provider failed with last
   */
  public record Binding(
      String reason,
      Optional<Instant> until,
      Optional<Instant> since,
      Optional<String> errorCode) {}

  /** Whether nothing waits. */
  public boolean isEmpty() {
    return queues.isEmpty() && others.isEmpty();
  }
}
