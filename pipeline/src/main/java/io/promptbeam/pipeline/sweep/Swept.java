package io.promptbeam.pipeline.sweep;

import io.promptbeam.batch.BatchSpec;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SegmentItem;
import java.util.List;

/**
 * What a sweep came to.
 *
 * @param looked due entries it went through
 * @param again jobs that wait and must be handed to the engine (again): their message may have been
 *     lost, their worker dead, their time come
 * @param ended jobs the sweep itself ended: expired, or given up as poison
 * @param segments of batches, to be handed to the engine (again)
 * @param batches to be expanded (further)
 */
public record Swept(
    int looked,
    List<JobReference> again,
    List<JobOutcome> ended,
    List<SegmentItem> segments,
    List<BatchSpec> batches) {
  public Swept {
    again = List.copyOf(again);
    ended = List.copyOf(ended);
    segments = List.copyOf(segments);
    batches = List.copyOf(batches);
  }
}
