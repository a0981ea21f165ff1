package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.RateLimits;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.QuotaState;
import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.InMemoryJobStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RateHintsTest {
  private static final RateHint LITTLE =
      new RateHint(RateHint.Dimension.REQUESTS, 60, 1, Duration.ofSeconds(1));
  private static final RateHint NOTHING =
      new RateHint(RateHint.Dimension.TOKENS, 1_000, 0, Duration.ofMinutes(1));

  private final BlockingQueue<RateHint> heard = new LinkedBlockingQueue<>();

  private final class HearingQuota implements Quota {
    private final WorkerQuota quota =
        new WorkerQuota(
            new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 4), System.nanoTime());

    @Override
    public Acquisition tryAcquire(TokenAmount estimate, long nowNanos) {
      return quota.tryAcquire(estimate, nowNanos);
    }

    @Override
    public QuotaState state() {
      return quota.state();
    }

    @Override
    public void hint(RateHint hint, long nowNanos) {
      heard.add(hint);
    }
  }

  @Test
  void quota_hearsWhatTheProviderSays_withAnErrorAndWithAnAnswer() throws Exception {
    var store = new InMemoryJobStore();
    var clients = new ScriptedClients();
    clients.answers(
        call ->
            call == 1
                ? CompletableFuture.failedFuture(
                    new LlmException.Throttled(
                        JobError.of(ErrorCodes.RATE_LIMITED, "later"),
                        Optional.of(Duration.ZERO),
                        List.of(NOTHING)))
                : CompletableFuture.completedFuture(
                    new LlmAnswer(
                        ScriptedClients.ANSWER.body(),
                        ScriptedClients.ANSWER.usage(),
                        Optional.empty(),
                        List.of(LITTLE))));
    try (var engine =
        CallEngine.start(store, clients, model -> new HearingQuota(), EngineConfig.DEFAULT)) {
      engine.offer(
          StoredJobs.item(StoredJobs.create(store, 3)),
          new WorkListener() {
            @Override
            public void jobEnded(JobOutcome outcome) {}

            @Override
            public void itemFinished(WorkItem item) {}
          });
      assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo(NOTHING);
      assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo(LITTLE);
    }
  }
}
