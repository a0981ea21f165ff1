package io.promptbeam.local.cli;

import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.trace.OtlpTracing;
import java.io.IOException;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens stacks with errors a person can act on. */
final class Servers {
  private static final Logger log = LoggerFactory.getLogger(Servers.class);

  private Servers() {}

  /**
   * Opens one.
   *
   * @param verb names the service in traces, where the environment does not
   */
  static Stack open(Backends backends, Terminal terminal, String verb) {
    try {
      return Stack.open(backends, OtlpTracing.open(terminal.environment(), "promptbeam-" + verb));
    } catch (IOException | StoreUnavailableException e) {
      log.error("Starting failed", e);
      throw CliException.environment(
          Objects.requireNonNullElse(e.getMessage(), "the servers cannot be reached")
              + (backends.store().isPresent() || backends.queue().isPresent()
                  ? ". Is it running?"
                  : ""));
    }
  }
}
