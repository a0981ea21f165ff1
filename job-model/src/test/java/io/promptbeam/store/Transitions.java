package io.promptbeam.store;

import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import java.util.Map;
import java.util.Set;

/**
 * Which run may follow which, written down from the design and not from the code that decides it:
 * {@code pending → processing → completed | failed}; {@code pending | processing → cancelled |
 * expired}; {@code processing → pending}.
 */
public final class Transitions {
  private static final Map<JobState, Set<JobState>> NEXT =
      Map.of(
          JobState.PENDING,
          Set.of(JobState.PROCESSING, JobState.CANCELLED, JobState.EXPIRED, JobState.FAILED),
          JobState.PROCESSING,
          Set.of(
              JobState.PROCESSING,
              JobState.PENDING,
              JobState.COMPLETED,
              JobState.FAILED,
              JobState.CANCELLED,
              JobState.EXPIRED));

  private Transitions() {}

  public static boolean isLegal(JobRun before, JobRun after) {
    if (before.state().isTerminal()) {
      return !before.erased() && after.erased() && after.ending().equals(before.ending());
    }
    if (!NEXT.getOrDefault(before.state(), Set.of()).contains(after.state())) {
      return false;
    }
    int added = after.attempt() - before.attempt();
    return switch (after.state()) {
      case PROCESSING -> added == (token(before).equals(token(after)) ? 0 : 1);
      case PENDING -> added == 0 || added == -1;
      default -> added == 0;
    };
  }

  private static String token(JobRun run) {
    return run.lease().map(lease -> lease.token()).orElse("");
  }
}
