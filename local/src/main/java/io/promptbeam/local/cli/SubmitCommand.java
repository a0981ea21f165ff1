package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Submits one prompt to a running service. */
@Command(
    name = "submit",
    header = "Submit one prompt to a running service.",
    description = {
      "",
      "Prints the job's id, or with --wait what the model said. Without TEXT and --file the "
          + "prompt is read from standard input."
    },
    footer = {
      "  promptbeam submit \"Name three prime numbers\" --wait",
      "  promptbeam submit --model mock --system \"Be brief\" --file prompt.txt",
      "  git diff | promptbeam submit --system \"Review this change\" --wait"
    })
final class SubmitCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      description = "The prompt; - for standard input.")
  private Optional<String> text = Optional.empty();

  @Option(names = "--file", paramLabel = "FILE", description = "Read the prompt from this file.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "Model id. Default: the service's first model.")
  private Optional<String> model = Optional.empty();

  @Option(names = "--system", paramLabel = "TEXT", description = "System message.")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      description = "Submitting again under the same key answers with the same job.")
  private Optional<String> idempotencyKey = Optional.empty();

  @Option(
      names = "--not-before",
      paramLabel = "TIME",
      description = "Start no earlier, for example 2030-01-31T18:00:00Z; at most 30 days ahead.")
  private Optional<String> notBefore = Optional.empty();

  @Option(names = "--wait", description = "Wait for the result and print it.")
  private boolean wait;

  @Option(names = "--json", description = "Print the service's answer as JSON.")
  private boolean json;

  SubmitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ServiceClient client = service.client(terminal);
    String prompt = prompt();
    ObjectNode job = ServiceClient.JSON.createObjectNode();
    job.put("model_id", model.orElseGet(() -> firstModel(client)));
    job.put("full_input", prompt);
    system.ifPresent(message -> job.put("system_message", message));
    notBefore.ifPresent(time -> job.put("not_before", time));
    JsonNode accepted = client.submit(job, idempotencyKey).body();
    if (wait) {
      return new Waiting(terminal, client).untilDone(accepted.path("job_id").asText(), json);
    }
    terminal.out().println(json ? accepted.toString() : accepted.path("job_id").asText());
    return ExitCodes.OK;
  }

  private String prompt() {
    if (text.isPresent() && file.isPresent()) {
      throw CliException.usage("give the prompt as TEXT or with --file, not both");
    }
    String prompt;
    try {
      if (file.isPresent() && !"-".equals(file.get().toString())) {
        prompt = Files.readString(file.get());
      } else if (text.isPresent() && !"-".equals(text.get())) {
        prompt = text.get();
      } else {
        prompt = readAll(terminal.in());
      }
    } catch (IOException e) {
      throw CliException.usage(
          "cannot read the prompt from " + file.map(Path::toString).orElse("standard input"));
    }
    if (prompt.isBlank()) {
      throw CliException.usage("the prompt is empty. Try: promptbeam submit --help");
    }
    return prompt;
  }

  private static String readAll(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String firstModel(ServiceClient client) {
    JsonNode first = client.models().body().path("models").path(0);
    if (first.isMissingNode()) {
      throw CliException.environment("the service has no models. Start it with --models FILE");
    }
    return first.path("id").asText();
  }
}
