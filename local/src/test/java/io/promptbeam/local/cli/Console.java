package io.promptbeam.local.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Runs commands in this process, and keeps what they print. */
final class Console {
  private final Map<String, String> environment;
  private ByteArrayOutputStream out = new ByteArrayOutputStream();
  private ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String input = "";

  Console(Map<String, String> environment) {
    this.environment = new HashMap<>(environment);
  }

  /** Somebody sits there and types this at the next command. */
  Console typing(String text) {
    environment.put("PROMPTBEAM_CAN_ASK", "yes");
    input = text;
    return this;
  }

  /** Answers the exit status; what the command before printed is forgotten. */
  int run(String... arguments) {
    out = new ByteArrayOutputStream();
    err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            OptionalInt.empty(),
            Map.copyOf(environment));
    int status = Main.execute(terminal, arguments);
    environment.remove("PROMPTBEAM_CAN_ASK");
    return status;
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
