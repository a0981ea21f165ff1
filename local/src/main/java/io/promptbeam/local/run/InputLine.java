package io.promptbeam.local.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** One line of an input file that is not blank. */
public sealed interface InputLine {
  /** Counted from 1. */
  long number();

  /**
   * A line that reads as a job.
   *
   * @param customId the line's own, or {@code line-N}; unique in the file
   * @param model what the line names, if it does
   * @param submission as the polling API takes it, but for {@code model_id}. Not to be modified.
   * @param bytes length of the line
   */
  record Accepted(
      long number, String customId, Optional<String> model, ObjectNode submission, int bytes)
      implements InputLine {}

  /**
   * A line that cannot become a job.
   *
   * @param customId what the line calls itself, where that could be read
   * @param code stable and lower case
   * @param reason for a person; never quotes the line
   */
  record Rejected(long number, Optional<String> customId, String code, String reason)
      implements InputLine {}
}
