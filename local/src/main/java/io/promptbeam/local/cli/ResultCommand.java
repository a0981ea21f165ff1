package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what the model said. */
@Command(
    name = "result",
    header = "Print what the model said.",
    description = {"", "Exits with 1 while the job has not completed, and when it failed."},
    footer = {
      "  promptbeam result 7f0c6d1e-2f3b-4f60-9a52-0d5a3f4f1d11",
      "  promptbeam result 7f0c6d1e-2f3b-4f60-9a52-0d5a3f4f1d11 --wait --json"
    })
final class ResultCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The job's id.")
  private String jobId = "";

  @Option(names = "--wait", description = "Wait for the job to end.")
  private boolean wait;

  @Option(
      names = "--json",
      description = "Print the whole result as JSON, with usage, cost and times.")
  private boolean json;

  ResultCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ServiceClient client = service.client(terminal);
    String id = JobIds.checked(jobId);
    if (wait) {
      return new Waiting(terminal, client).untilDone(id, json);
    }
    ServiceClient.Answer answer = client.result(id);
    if (answer.status() == HttpCodes.ACCEPTED) {
      throw CliException.jobsFailed(
          "the job is "
              + answer.body().path("status").asText("not complete")
              + ". Wait for it with: promptbeam result "
              + id
              + " --wait");
    }
    JsonNode job = answer.body();
    terminal.out().println(json ? job.toString() : JobView.output(job));
    if (!json && terminal.columns().isPresent()) {
      JobView.cost(job).ifPresent(terminal.err()::println);
    }
    return ExitCodes.OK;
  }
}
