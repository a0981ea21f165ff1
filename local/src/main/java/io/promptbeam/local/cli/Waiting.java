package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Consumer;

/** Waits for one job and prints how it ended: the output on standard output, errors beside it. */
final class Waiting {
  private final Terminal terminal;
  private final ServiceClient client;

  Waiting(Terminal terminal, ServiceClient client) {
    this.terminal = terminal;
    this.client = client;
  }

  /** Prints the result, and answers the exit status. */
  int untilDone(String jobId, boolean json) {
    JsonNode job = untilComplete(jobId, status -> {});
    if (json) {
      JsonNode shown = JobView.hasFailed(job) ? job : client.result(jobId).body();
      terminal.out().println(shown);
    } else if (JobView.hasFailed(job)) {
      terminal.err().println(failure(job));
    } else {
      terminal.out().println(JobView.output(job));
      if (terminal.columns().isPresent()) {
        JobView.cost(job).ifPresent(terminal.err()::println);
      }
    }
    return JobView.hasFailed(job) ? ExitCodes.JOBS_FAILED : ExitCodes.OK;
  }

  /** Tells {@code onChange} of every status it sees, the last one included. */
  JsonNode untilComplete(String jobId, Consumer<JsonNode> onChange) {
    JsonNode job = client.status(jobId).body();
    String seen = "";
    while (true) {
      String status = job.path("status").asText();
      if (!status.equals(seen)) {
        onChange.accept(job);
        seen = status;
      }
      if (JobView.isComplete(job)) {
        return job;
      }
      job = client.statusHeld(jobId).body();
    }
  }

  static String failure(JsonNode job) {
    return "promptbeam: job "
        + job.path("job_id").asText()
        + " "
        + job.path("status").asText()
        + JobView.error(job).map(error -> ": " + error).orElse("");
  }
}
