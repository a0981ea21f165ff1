package io.promptbeam.pipeline.sweep;

import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.JobOutcome;
import java.util.List;

/**
 * What a sweep came to.
 *
 * @param looked due entries it went through
 * @param again jobs that wait and must be handed to the engine (again): their message may have been
 *     lost, their worker dead, their time come
 * @param ended jobs the sweep itself ended: expired, or given up as poison
 */
public record Swept(int looked, List<JobReference> again, List<JobOutcome> ended) {
  public Swept {
    again = List.copyOf(again);
    ended = List.copyOf(ended);
  }
}
