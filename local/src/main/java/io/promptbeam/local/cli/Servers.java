package io.promptbeam.local.cli;

import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens stacks with errors a person can act on. */
final class Servers {
  private static final Logger log = LoggerFactory.getLogger(Servers.class);

  private Servers() {}

  static Stack open(Backends backends) {
    try {
      return Stack.open(backends);
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
