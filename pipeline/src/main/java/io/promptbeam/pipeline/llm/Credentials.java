package io.promptbeam.pipeline.llm;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What tells a provider who calls. Thread-safe, never blocks. Nothing of it is for a log. */
interface Credentials {
  /**
   * The headers to send; done already unless something must be fetched first. Fails only with
   * {@link LlmException}. Shared: do not cancel or complete it.
   */
  CompletableFuture<Map<String, String>> headers();

  /** The secret itself as far as it is known now, so that it can be masked. */
  Optional<String> secret();

  /** What the operator must look at when the provider refuses them; no secret. */
  String remedy();

  /**
   * The provider refused them.
   *
   * @return whether others may be had, so that a later call can succeed
   */
  boolean refused();

  /** A key that stays the same, in one header; none where the model has no key. */
  static Credentials ofKey(String header, String prefix, Optional<String> key) {
    Map<String, String> headers =
        key.map(secret -> Map.of(header, prefix + secret)).orElse(Map.of());
    var done = CompletableFuture.completedFuture(headers);
    return new Credentials() {
      @Override
      public CompletableFuture<Map<String, String>> headers() {
        return done;
      }

      @Override
      public Optional<String> secret() {
        return key;
      }

      @Override
      public String remedy() {
        return "the key that its api_key refers to";
      }

      @Override
      public boolean refused() {
        return false;
      }
    };
  }
}
