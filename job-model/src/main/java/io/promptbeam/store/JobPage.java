package io.promptbeam.store;

import io.promptbeam.job.Job;
import java.util.List;
import java.util.Optional;

/**
 * Part of a list.
 *
 * @param next where to go on, opaque to callers; empty on the last page
 */
public record JobPage(List<Job> jobs, Optional<String> next) {
  public JobPage {
    jobs = List.copyOf(jobs);
  }
}
