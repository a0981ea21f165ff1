package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Cancels a batch. */
@Command(
    name = "cancel",
    header = "Cancel a batch: what waits ends at once, what is being called when its call ends.",
    footer = {"  promptbeam batch cancel batch_0123456789abcdef01234567"})
final class BatchCancelCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The batch's id.")
  private String id = "";

  @Option(names = "--json", description = "Print the service's answer as JSON.")
  private boolean json;

  BatchCancelCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    JsonNode batch = new BatchClient(service.client(terminal)).cancel(BatchClient.checked(id));
    terminal.out().println(json ? batch.toString() : batch.path("status").asText());
    return ExitCodes.OK;
  }
}
