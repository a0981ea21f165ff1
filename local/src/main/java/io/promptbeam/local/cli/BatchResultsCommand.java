package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Fetches what a batch has come to so far. */
@Command(
    name = "results",
    header = "Fetch what a batch has come to, also while it runs.",
    description = {
      "",
      "First the lines that completed, in the order of the file, then those that failed."
    },
    footer = {"  promptbeam batch results batch_0123456789abcdef01234567 -o results.jsonl"})
final class BatchResultsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The batch's id.")
  private String id = "";

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "Write here. Default: standard output.")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--force", description = "Overwrite the file.")
  private boolean force;

  BatchResultsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    var client = new BatchClient(service.client(terminal));
    JsonNode batch = client.batch(BatchClient.checked(id));
    try (OutputStream to =
        out.isPresent() ? RunOutput.open(terminal, out.get(), force) : keptOpen()) {
      for (String file : BatchClient.resultFiles(batch)) {
        copy(client, file, to);
      }
    } catch (IOException e) {
      throw CliException.environment("cannot write the results: " + e.getMessage());
    }
    if (!BatchView.hasEnded(batch)) {
      terminal.err().println("The batch is " + batch.path("status").asText() + ": more will come.");
    }
    return BatchView.exitCode(batch);
  }

  private OutputStream keptOpen() {
    return new FilterOutputStream(terminal.out()) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
      }

      @Override
      public void close() throws IOException {
        flush();
      }
    };
  }

  private static void copy(BatchClient client, String file, OutputStream to) throws IOException {
    try (InputStream content = client.content(file)) {
      content.transferTo(to);
    }
  }
}
