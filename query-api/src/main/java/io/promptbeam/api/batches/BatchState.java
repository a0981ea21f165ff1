package io.promptbeam.api.batches;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.SegmentTally;

/**
 * A batch at a moment.
 *
 * @param total of its lines: how many have ended, exactly, and what was used
 */
public record BatchState(BatchProgress progress, SegmentTally total) {
  public Batch batch() {
    return progress.batch();
  }
}
