package io.promptbeam.local.console;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/**
 * The console in a real browser before a real service; one of each for all pages. Skipped, with the
 * reason, where there is no Chromium.
 */
class ConsoleIT {
  @BeforeAll
  static void open() throws Exception {
    ConsoleStage stage = ConsoleStage.open();
    ConsoleChecks.setStage(stage);
    stage.beginBulk();
  }

  @AfterAll
  static void close() {
    if (ConsoleChecks.isOpen()) {
      ConsoleChecks.stage().close();
      ConsoleChecks.setStage(null);
    }
  }

  @Nested
  class SignIn extends SignInChecks {}

  @Nested
  class Overview extends OverviewChecks {}

  @Nested
  class Jobs extends JobListChecks {}

  @Nested
  class Job extends JobChecks {}

  @Nested
  class Models extends ModelChecks {}

  @Nested
  class Submit extends SubmitChecks {}

  @Nested
  class Trainer extends TrainerChecks {}

  @Nested
  class Review extends ReviewChecks {}

  @Nested
  class Batches extends BatchChecks {}

  @Nested
  class DeadLetters extends DeadLetterChecks {}

  @Nested
  class Keys extends KeyChecks {}

  @Nested
  class Looks extends LooksChecks {}
}
