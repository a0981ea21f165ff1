package io.promptbeam.api.jobs;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Page tokens by a secret that is asked for until it is had. Thread-safe, never blocks. */
final class PageTokens {
  private final Supplier<CompletableFuture<byte[]>> secret;
  private volatile Optional<PageToken> known = Optional.empty();

  PageTokens(Supplier<CompletableFuture<byte[]>> secret) {
    this.secret = secret;
  }

  CompletableFuture<PageToken> get() {
    Optional<PageToken> token = known;
    return token.isPresent()
        ? CompletableFuture.completedFuture(token.get())
        : secret
            .get()
            .thenApply(
                bytes -> {
                  PageToken made = new PageToken(bytes);
                  known = Optional.of(made);
                  return made;
                });
  }
}
