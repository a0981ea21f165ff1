package io.promptbeam.local.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Batches of a running service, over the protocol of OpenAI's SDKs. */
@Command(
    name = "batch",
    header = "Submit files of requests as batches to a running service, and follow them.",
    description = {
      "",
      "A file has one request a line, as OpenAI's batch API takes it:",
      "  {\"custom_id\": \"1\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\":"
          + " {\"model\": ...}}"
    },
    footer = {
      "  promptbeam batch submit requests.jsonl --watch",
      "  promptbeam batch status batch_0123456789abcdef01234567 --watch",
      "  promptbeam batch results batch_0123456789abcdef01234567 -o results.jsonl"
    })
final class BatchCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  static CommandLine with(Terminal terminal) {
    return new CommandLine(new BatchCommand())
        .addSubcommand(new BatchSubmitCommand(terminal))
        .addSubcommand(new BatchStatusCommand(terminal))
        .addSubcommand(new BatchResultsCommand(terminal))
        .addSubcommand(new BatchCancelCommand(terminal))
        .addSubcommand(new BatchListCommand(terminal))
        .addSubcommand(new BatchRetryFailedCommand(terminal));
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Say what to do: batch submit, status, results, cancel, list or retry-failed");
  }
}
