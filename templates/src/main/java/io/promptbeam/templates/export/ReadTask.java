package io.promptbeam.templates.export;

import java.io.Serializable;
import java.time.Instant;

/** A part of the reading, which one worker does at a stretch. */
sealed interface ReadTask extends Serializable {
  /**
   * A batch's segment.
   *
   * @param batch hexadecimal digits of its id
   */
  record Segment(String batch, int number) implements ReadTask {}

  /** Neighbouring rows of all owners. */
  record Rows(String start, String end) implements ReadTask {}

  /**
   * A part of an owner's jobs, lines of batches not among them.
   *
   * @param from of submission, inclusive
   * @param to exclusive
   */
  record Owned(int part, Instant from, Instant to) implements ReadTask {}
}
