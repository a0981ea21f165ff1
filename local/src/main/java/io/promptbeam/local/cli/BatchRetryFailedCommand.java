package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a new batch of the lines of another that did not complete. */
@Command(
    name = "retry-failed",
    header = "Run the lines of a batch that did not complete again, as a new batch.",
    description = {
      "",
      "The batch must have ended. Its input file must still be there. The new batch names the old"
          + " one in its metadata, under retry_of."
    },
    footer = {
      "  promptbeam batch retry-failed batch_0123456789abcdef01234567 --watch",
      "  promptbeam batch retry-failed batch_0123456789abcdef01234567 --model larger"
    })
final class BatchRetryFailedCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The batch's id.")
  private String id = "";

  @Option(names = "--model", paramLabel = "MODEL", description = "Ask this model instead.")
  private Optional<String> model = Optional.empty();

  @Option(names = "--watch", description = "Follow the new batch until it has ended.")
  private boolean watch;

  BatchRetryFailedCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    String checked = BatchClient.checked(id);
    var client = new BatchClient(service.client(terminal));
    JsonNode batch = client.batch(checked);
    if (!BatchView.hasEnded(batch)) {
      throw CliException.usage(
          "the batch is " + batch.path("status").asText() + "; wait for its end, or cancel it");
    }
    JsonNode created;
    try {
      Path file = Files.createTempFile("promptbeam-retry", ".jsonl");
      try {
        long lines = write(client, batch, failed(client, batch), file);
        if (lines == 0) {
          terminal.err().println("Every line of the batch has completed.");
          return ExitCodes.OK;
        }
        terminal.err().println("Running " + lines + " lines again.");
        created =
            client.create(
                client.upload(file),
                batch.path("endpoint").asText(),
                batch.path("completion_window").asText(),
                Map.of("retry_of", checked));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw CliException.environment("cannot keep the lines in a file: " + e.getMessage());
    }
    terminal.out().println(created.path("id").asText());
    if (watch) {
      created = new BatchWatch(terminal, client).untilEnded(created.path("id").asText());
      BatchView.lines(created).forEach(terminal.err()::println);
    }
    return BatchView.exitCode(created);
  }

  private static Set<String> failed(BatchClient client, JsonNode batch) throws IOException {
    Set<String> ids = new HashSet<>();
    if (!batch.path("error_file_id").isTextual()) {
      return ids;
    }
    try (BufferedReader lines = lines(client, batch.path("error_file_id").asText())) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        ids.add(ServiceClient.JSON.readTree(line).path("custom_id").asText());
      }
    }
    return ids;
  }

  private long write(BatchClient client, JsonNode batch, Set<String> ids, Path file)
      throws IOException {
    long written = 0;
    try (BufferedReader lines = lines(client, batch.path("input_file_id").asText());
        BufferedWriter out = Files.newBufferedWriter(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()
            && ServiceClient.JSON.readTree(line) instanceof ObjectNode request
            && ids.contains(request.path("custom_id").asText())) {
          if (model.isPresent() && request.path("body") instanceof ObjectNode body) {
            body.put("model", model.get());
          }
          out.write(model.isPresent() ? request.toString() : line);
          out.write('\n');
          written++;
        }
      }
    }
    return written;
  }

  private static BufferedReader lines(BatchClient client, String file) {
    return new BufferedReader(new InputStreamReader(client.content(file), StandardCharsets.UTF_8));
  }
}
