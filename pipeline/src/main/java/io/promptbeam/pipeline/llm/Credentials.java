package io.promptbeam.pipeline.llm;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What tells a provider who calls. Thread-safe, never blocks. Nothing of it is for a log. */
interface Credentials {
  /**
   * The headers to send; done already unless something must be fetched first. Fails only with
   * {@link LlmException}. Shared: do not cancel or complete it.
   */
  CompletableFuture<Map<String, String>> headers();

  /** What may have been sent in calls still in flight, so that it can be masked. */
  List<String> secrets();

  /** What the operator must look at when the provider refuses them; no secret. */
  String remedy();

  /**
   * The provider refused them.
   *
   * @return whether others may be had, so that a later call can succeed
   */
  boolean refused();

  /** For a model that wants none. */
  Credentials NONE =
      new Credentials() {
        private final CompletableFuture<Map<String, String>> headers =
            CompletableFuture.completedFuture(Map.of());

        @Override
        public CompletableFuture<Map<String, String>> headers() {
          return headers;
        }

        @Override
        public List<String> secrets() {
          return List.of();
        }

        @Override
        public String remedy() {
          return "the model's api_key, since it has none";
        }

        @Override
        public boolean refused() {
          return false;
        }
      };
}
