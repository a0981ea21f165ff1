package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows how a job is doing. */
@Command(
    name = "status",
    header = "Show how a job is doing.",
    footer = {
      "  promptbeam status 7f0c6d1e-2f3b-4f60-9a52-0d5a3f4f1d11",
      "  promptbeam status 7f0c6d1e-2f3b-4f60-9a52-0d5a3f4f1d11 --watch"
    })
final class StatusCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The job's id.")
  private String jobId = "";

  @Option(names = "--watch", description = "Print every change until the job has ended.")
  private boolean watch;

  @Option(names = "--json", description = "Print the service's answer as JSON.")
  private boolean json;

  StatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ServiceClient client = service.client(terminal);
    String id = JobIds.checked(jobId);
    JsonNode job;
    if (watch) {
      job = new Waiting(terminal, client).untilComplete(id, this::printChange);
    } else {
      job = client.status(id).body();
      printWhole(job);
    }
    return JobView.hasFailed(job) ? ExitCodes.JOBS_FAILED : ExitCodes.OK;
  }

  private void printChange(JsonNode job) {
    if (JobView.isComplete(job) || json) {
      printWhole(job);
    } else {
      terminal.out().println(job.path("status").asText());
    }
  }

  private void printWhole(JsonNode job) {
    if (json) {
      terminal.out().println(job);
    } else {
      JobView.lines(job).forEach(terminal.out()::println);
    }
  }
}
