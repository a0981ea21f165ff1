package io.promptbeam.pipeline.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.pipeline.simulation.Violation.Promise;
import java.util.EnumSet;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simulation is worth something: it notices when a promise is broken, and by what. */
class PlantedBugTest {
  private static final long SEEDS = 2_000;

  /** Each promise is watched alone, so that one it breaks earlier does not hide it. */
  @ParameterizedTest
  @CsvSource({
    "OLD_CELLS_COUNT, HISTORY_IS_A_PATH",
    "OLD_CELLS_COUNT, ENDED_STAYS_ENDED",
    "OLD_CELLS_COUNT, RESULT_IS_THE_CLAIMS",
    "NO_TOKEN_IN_RECORD, HISTORY_IS_A_PATH",
    "NO_TOKEN_IN_RECORD, ENDED_STAYS_ENDED",
    "PUBLISH_BEFORE_WRITE, PUBLISHED_JOBS_ARE_STORED",
    "ATTEMPT_COUNTED_LATE, ATTEMPTS_ARE_COUNTED_FIRST",
    "ATTEMPT_COUNTED_LATE, ATTEMPTS_ARE_BOUNDED",
    "DEDUPLICATION_ON_JOB_ID, HANDED_OVER_IS_BEGUN",
    "DEDUPLICATION_ON_JOB_ID, EVERY_JOB_ENDS",
    "DUE_ENTRY_CLEARED_AT_DISPATCH, ALWAYS_DUE_UNTIL_ENDED",
    "DUE_ENTRY_CLEARED_AT_DISPATCH, EVERY_JOB_ENDS",
    "NOTICE_NOT_WAITED_FOR, NOTICES_ARE_KEPT",
    "SWEEP_ENDS_UNTOLD, FIGURES_ADD_UP",
  })
  void bug_isCaught_withinTheSeedsOfARun(Bug bug, Promise promise) {
    OptionalLong caught =
        LongStream.range(0, SEEDS)
            .filter(
                seed ->
                    Simulation.run(seed, bug.get(), EnumSet.of(promise), false)
                        .violation()
                        .isPresent())
            .findFirst();
    assertThat(caught).as("%s noticed as %s", bug, promise).isPresent();
    System.out.println(bug + " is caught as " + promise + " by seed " + caught.getAsLong());
  }
}
