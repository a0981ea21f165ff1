package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows how a batch is doing. */
@Command(
    name = "status",
    header = "Show how a batch is doing.",
    footer = {"  promptbeam batch status batch_0123456789abcdef01234567 --watch"})
final class BatchStatusCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The batch's id.")
  private String id = "";

  @Option(names = "--watch", description = "Follow it until it has ended.")
  private boolean watch;

  @Option(names = "--json", description = "Print the service's answer as JSON.")
  private boolean json;

  BatchStatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    String checked = BatchClient.checked(id);
    var client = new BatchClient(service.client(terminal));
    JsonNode batch =
        watch ? new BatchWatch(terminal, client).untilEnded(checked) : client.batch(checked);
    if (json) {
      terminal.out().println(batch);
    } else {
      BatchView.lines(batch).forEach(terminal.out()::println);
    }
    return BatchView.exitCode(batch);
  }
}
