package io.promptbeam.local.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a batch of a file. */
@Command(
    name = "submit",
    header = "Upload a file of requests and make a batch of it.",
    description = {"", "Prints the batch's id."},
    footer = {
      "  promptbeam batch submit requests.jsonl",
      "  promptbeam batch submit requests.jsonl --watch --window 2h --metadata team=search"
    })
final class BatchSubmitCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "FILE", description = "JSONL, one request a line.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private Path file;

  @Option(
      names = "--endpoint",
      paramLabel = "PATH",
      description = "What all lines are for. Default: the first line's url.")
  private Optional<String> endpoint = Optional.empty();

  @Option(
      names = "--window",
      paramLabel = "TIME",
      defaultValue = "24h",
      description = "What has not ended by then expires: 90m, 24h, 7d. Default: ${DEFAULT-VALUE}.")
  private String window = "24h";

  @Option(
      names = "--metadata",
      paramLabel = "KEY=VALUE",
      description = "Kept with the batch; may be given several times.")
  private Map<String, String> metadata = new LinkedHashMap<>();

  @Option(names = "--watch", description = "Follow it until it has ended.")
  private boolean watch;

  @Option(names = "--json", description = "Print the batch as JSON.")
  private boolean json;

  BatchSubmitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (!Files.isRegularFile(file)) {
      throw CliException.usage("there is no file " + file);
    }
    String path = endpoint.orElseGet(() -> firstUrl(file));
    var client = new BatchClient(service.client(terminal));
    terminal.err().println("Uploading " + file + " ...");
    JsonNode batch = client.create(client.upload(file), path, window, metadata);
    if (!json) {
      terminal.out().println(batch.path("id").asText());
    }
    if (watch) {
      batch = new BatchWatch(terminal, client).untilEnded(batch.path("id").asText());
      if (!json) {
        BatchView.lines(batch).forEach(terminal.err()::println);
      }
    }
    if (json) {
      terminal.out().println(batch);
    }
    return BatchView.exitCode(batch);
  }

  /** Of the file's first line; what is wrong with the lines, the service says. */
  static String firstUrl(Path file) {
    try (InputStream in = Files.newInputStream(file);
        JsonParser parser = ServiceClient.JSON.getFactory().createParser(in)) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        throw CliException.usage(file + " has no lines");
      }
      for (int depth = 0; token != null; token = parser.nextToken()) {
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if (depth == 0) {
          break;
        }
        if (depth == 1 && token == JsonToken.FIELD_NAME && parser.currentName().equals("url")) {
          String url = parser.nextTextValue();
          if (url != null) {
            return url;
          }
        }
      }
    } catch (IOException e) {
      throw CliException.usage("the first line of " + file + " is not JSON");
    }
    throw CliException.usage(
        "the first line of " + file + " has no url; say what it is for with --endpoint");
  }
}
