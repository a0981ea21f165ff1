package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** One model, {@code m}, that answers as a test says. */
public final class ScriptedClients implements LlmClients, LlmClient {
  public static final LlmAnswer ANSWER =
      new LlmAnswer("{\"choices\":[{}]}".getBytes(StandardCharsets.UTF_8), Usage.of(1_000, 500));

  /** At most 4 in flight; a dollar per million input tokens and two for output. */
  public static final ModelConfig MODEL =
      new ModelConfig(
          "m",
          ProviderKind.OPENAI,
          Optional.of(URI.create("http://127.0.0.1:1/v1")),
          Optional.empty(),
          "m",
          new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 4),
          new Pricing(new BigDecimal("1"), new BigDecimal("2")),
          Timeouts.DEFAULT,
          Optional.empty());

  private final AtomicInteger calls = new AtomicInteger();
  private volatile Script script = call -> CompletableFuture.completedFuture(ANSWER);

  /** How to answer. */
  public interface Script {
    /**
     * Answers one call.
     *
     * @param call counted from 1 over all jobs
     */
    CompletableFuture<LlmAnswer> answer(int call);
  }

  public void answers(Script next) {
    script = next;
  }

  public int calls() {
    return calls.get();
  }

  @Override
  public ModelCatalog catalog() {
    return new ModelCatalog(List.of(MODEL));
  }

  @Override
  public LlmClient client(String modelId) {
    return this;
  }

  @Override
  public CompletableFuture<LlmAnswer> call(
      LlmRequest request, CallOptions options, Duration timeout) {
    return script.answer(calls.incrementAndGet());
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
