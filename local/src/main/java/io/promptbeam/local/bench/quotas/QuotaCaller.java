package io.promptbeam.local.bench.quotas;

import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.EngineWorker;
import io.promptbeam.pipeline.engine.Scheduler;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.quota.Permit;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.SharedQuotas;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.submit.Submission;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Makes calls as soon as the quota lets it, and nothing else: what of a worker's work the quota
 * itself needs. Everything happens on one thread.
 */
final class QuotaCaller implements AutoCloseable {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

  private final Scheduler loop = Scheduler.ofThread("calls");
  private final LlmClients clients;
  private final SharedQuotas quotas;
  private final Map<String, Quota> ofModel = new ConcurrentHashMap<>();

  QuotaCaller(BigtableJobStore rows, LlmClients clients) {
    this.clients = clients;
    this.quotas = EngineWorker.sharedQuotas(rows, clients, loop);
  }

  /** Counts down once per call that ended. */
  CountDownLatch callAll(List<Submission> jobs) {
    var ended = new CountDownLatch(jobs.size());
    if (!jobs.isEmpty()) {
      var calls = new Calls(new ArrayDeque<>(jobs), quota(jobs.get(0).spec().modelId()), ended);
      calls.quota.onChange(() -> soon(calls));
      soon(calls);
    }
    return ended;
  }

  private Quota quota(String model) {
    return ofModel.computeIfAbsent(model, quotas);
  }

  private void soon(Calls calls) {
    var unused = loop.after(Duration.ZERO, calls::step);
  }

  @Override
  public void close() {
    loop.close();
    clients.close();
  }

  private final class Calls {
    private final Deque<Submission> waiting;
    private final Quota quota;
    private final CountDownLatch ended;
    private long lookAtNanos;
    private boolean looks;

    Calls(Deque<Submission> waiting, Quota quota, CountDownLatch ended) {
      this.waiting = waiting;
      this.quota = quota;
      this.ended = ended;
    }

    private void step() {
      looks &= lookAtNanos - loop.nanoTime() > 0;
      for (Submission next = waiting.peek(); next != null; next = waiting.peek()) {
        quota.expect(waiting.size());
        var answer = quota.tryAcquire(estimate(next), loop.nanoTime());
        if (answer instanceof Quota.Acquisition.Wait wait) {
          lookIn(wait.nanos());
          return;
        }
        waiting.remove();
        call(next, ((Quota.Acquisition.Granted) answer).permit());
      }
    }

    /** Without more timers than one, however often the quota says that something has changed. */
    private void lookIn(long nanos) {
      long at = loop.nanoTime() + Math.min(nanos, 1_000_000_000L);
      if (!looks || at - lookAtNanos < 0) {
        looks = true;
        lookAtNanos = at;
        var unused = loop.after(Duration.ofNanos(at - loop.nanoTime()), this::step);
      }
    }

    private static TokenAmount estimate(Submission job) {
      long output = job.spec().limits().outputTokenEstimate();
      return new TokenAmount(job.spec().limits().tokenEstimate() - output, output);
    }

    private void call(Submission job, Permit permit) {
      var unused =
          clients
              .client(job.spec().modelId())
              .call(job.request(), CALL_TIMEOUT)
              .whenComplete(
                  (answer, failure) -> {
                    settle(permit, answer, failure);
                    ended.countDown();
                  });
    }

    private void settle(Permit permit, @Nullable LlmAnswer answer, @Nullable Throwable failure) {
      long now = loop.nanoTime();
      if (answer != null) {
        Usage used = answer.usage();
        permit.succeeded(new TokenAmount(used.inputTokens(), used.outputTokens()), now);
      } else if (failure instanceof LlmException.Throttled throttled) {
        permit.throttled(throttled.retryAfter().orElse(Duration.ZERO), now);
      } else {
        permit.spent(now);
      }
    }
  }
}
