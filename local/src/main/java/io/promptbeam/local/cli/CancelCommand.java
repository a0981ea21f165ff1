package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks for a job to be cancelled. */
@Command(
    name = "cancel",
    header = "Ask for a job to be cancelled.",
    description = {
      "",
      "A waiting job is cancelled at once; one whose call is in flight, as soon as its worker "
          + "learns of it."
    },
    footer = {"  promptbeam cancel 7f0c6d1e-2f3b-4f60-9a52-0d5a3f4f1d11"})
final class CancelCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The job's id.")
  private String jobId = "";

  @Option(names = "--json", description = "Print the service's answer as JSON.")
  private boolean json;

  CancelCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    JsonNode job = service.client(terminal).cancel(JobIds.checked(jobId)).body();
    terminal.out().println(json ? job.toString() : job.path("status").asText());
    return ExitCodes.OK;
  }
}
