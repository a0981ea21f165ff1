package io.promptbeam.local.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Runs commands in this process, and keeps what they print. */
public final class Console {
  private final Map<String, String> environment;
  private ByteArrayOutputStream out = new ByteArrayOutputStream();
  private ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String input = "";

  public Console(Map<String, String> environment) {
    this.environment = new HashMap<>(environment);
  }

  /** Somebody sits there and types this at the next command. */
  public Console typing(String text) {
    environment.put("PROMPTBEAM_CAN_ASK", "yes");
    input = text;
    return this;
  }

  /** Answers the exit status; what the command before printed is forgotten. */
  public int run(String... arguments) {
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

  public String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  public String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
