package io.promptbeam.pipeline.llm;

import io.promptbeam.job.LlmRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Calls one model. Thread-safe; never blocks and never retries. */
public interface LlmClient {
  /**
   * Makes one call. The future fails only with {@link LlmException}; cancelling it aborts the call.
   * It completes on a thread of the client's, which must not be held up.
   *
   * @param timeout for the whole call; the model's own timeout applies too
   */
  CompletableFuture<LlmAnswer> call(LlmRequest request, CallOptions options, Duration timeout);

  /** Makes one call without options. */
  default CompletableFuture<LlmAnswer> call(LlmRequest request, Duration timeout) {
    return call(request, CallOptions.NONE, timeout);
  }
}
