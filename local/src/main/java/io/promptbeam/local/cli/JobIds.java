package io.promptbeam.local.cli;

import io.promptbeam.job.JobId;

/** Checks ids before they become part of a URL. */
final class JobIds {
  private JobIds() {}

  static String checked(String text) {
    return JobId.parse(text)
        .map(JobId::toString)
        .orElseThrow(
            () ->
                CliException.usage("not a job id: '" + text + "'. Find ids with: promptbeam list"));
  }
}
