package io.promptbeam.local.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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
      "The batch must have ended, and its input file must still be there. Prints the new batch's"
          + " id."
    },
    footer = {
      "  promptbeam batch retry-failed batch_0123456789abcdef01234567 --watch",
      "  promptbeam batch retry-failed batch_0123456789abcdef01234567 --model larger",
      "  promptbeam batch retry-failed batch_0123456789abcdef01234567 --param max_tokens=2000"
          + " --param stop=null"
    })
final class BatchRetryFailedCommand implements Callable<Integer> {
  private static final ObjectReader VALUES =
      ServiceClient.JSON.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The batch's id.")
  private String id = "";

  @Option(names = "--model", paramLabel = "MODEL", description = "Ask this model instead.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--param",
      paramLabel = "KEY=VALUE",
      description =
          "Set this in every line's body; null removes it. JSON, or else text. May be given several"
              + " times.")
  private Map<String, String> params = new LinkedHashMap<>();

  @Option(names = "--watch", description = "Follow the new batch until it has ended.")
  private boolean watch;

  BatchRetryFailedCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    String checked = BatchClient.checked(id);
    var client = new BatchClient(service.client(terminal));
    if (hasNothingToRetry(client.batch(checked))) {
      terminal.err().println("Every line of the batch has completed.");
      return ExitCodes.OK;
    }
    JsonNode created = client.retry(checked, body(model, params));
    terminal.out().println(created.path("id").asText());
    if (watch) {
      created = new BatchWatch(terminal, client).untilEnded(created.path("id").asText());
      BatchView.lines(created).forEach(terminal.err()::println);
    }
    return BatchView.exitCode(created);
  }

  private static boolean hasNothingToRetry(JsonNode batch) {
    JsonNode counts = batch.path("request_counts");
    return batch.path("status").asText().equals("completed")
        && counts.path("completed").asLong() == counts.path("total").asLong();
  }

  static ObjectNode body(Optional<String> model, Map<String, String> params) {
    ObjectNode body = ServiceClient.JSON.createObjectNode();
    model.ifPresent(name -> body.put("model", name));
    if (!params.isEmpty()) {
      ObjectNode changes = body.putObject("params");
      params.forEach((key, value) -> changes.set(key, value(value)));
    }
    return body;
  }

  /** What is no JSON is meant as text, so that few values need quotes. */
  private static JsonNode value(String text) {
    try {
      JsonNode value = VALUES.readTree(text);
      return value.isMissingNode() ? TextNode.valueOf(text) : value;
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text);
    }
  }
}
