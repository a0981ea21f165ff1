package io.promptbeam.api.jobs;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When it is worth asking again: soon for a job that is young or being called, later for one that
 * waits long. It moves in steps, so that most polls of an unchanged job are answered 304.
 */
final class PollEstimate {
  /** The first estimate for a job, before anything is known. */
  static Duration initial(Priority priority) {
    return steps(priority)[0].pause();
  }

  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final long STEP_MILLIS = 100;

  private record Step(Duration untilAge, Duration pause) {}

  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  private static final Step[] INTERACTIVE = {
    new Step(Duration.ofSeconds(10), Duration.ofMillis(500)),
    new Step(Duration.ofMinutes(1), Duration.ofSeconds(1)),
    new Step(FOR_EVER, Duration.ofSeconds(2)),
  };
  private static final Step[] BATCH = {
    new Step(Duration.ofSeconds(30), Duration.ofSeconds(2)),
    new Step(Duration.ofMinutes(5), Duration.ofSeconds(5)),
    new Step(Duration.ofMinutes(30), Duration.ofSeconds(15)),
    new Step(FOR_EVER, Duration.ofSeconds(30)),
  };

  private PollEstimate() {}

  /** Zero once the job has ended. */
  static Duration of(Job job, Instant now) {
    JobState state = job.run().state();
    if (state.isTerminal()) {
      return Duration.ZERO;
    }
    Instant since =
        state == JobState.PROCESSING
            ? job.run().startedAt().orElse(job.spec().createdAt())
            : job.spec().createdAt();
    Duration age = Duration.between(since, now);
    for (Step step : steps(job.spec().limits().priority())) {
      if (age.compareTo(step.untilAge()) < 0) {
        return step.pause();
      }
    }
    throw new IllegalStateException("the last step has no end");
  }

  /**
   * For a job that waits, also by when it is expected to start: half of that time, because
   * estimates err, but no more than {@link #LONGEST}.
   */
  static Duration of(Job job, Instant now, Optional<Waiting> waiting) {
    Duration usual = of(job, now);
    Optional<Instant> start = waiting.flatMap(Waiting::estimatedStartAt);
    if (start.isEmpty()) {
      return usual;
    }
    boolean isCertain = waiting.flatMap(Waiting::notBefore).isPresent();
    Duration left = Duration.between(now, start.get()).dividedBy(isCertain ? 1 : 2);
    Duration bounded = left.compareTo(LONGEST) > 0 ? LONGEST : left;
    return bounded.compareTo(usual) > 0
        ? Duration.ofMillis(bounded.toMillis() / STEP_MILLIS * STEP_MILLIS)
        : usual;
  }

  /** As {@code Retry-After} wants it: whole seconds, 1 or more. */
  static String retryAfterSeconds(Duration wait) {
    return Long.toString(Math.max(1, (wait.toMillis() + 999) / 1000));
  }

  private static Step[] steps(Priority priority) {
    return priority == Priority.INTERACTIVE ? INTERACTIVE : BATCH;
  }
}
