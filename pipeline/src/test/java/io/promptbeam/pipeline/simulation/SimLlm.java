package io.promptbeam.pipeline.simulation;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.SecretReference;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.llm.CallOptions;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmClient;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.simulation.Violation.Promise;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The provider as one process reaches it: answers, fails, throttles, hangs, is away. */
final class SimLlm implements LlmClients, LlmClient {
  static final String MODEL = "m";
  static final Pricing PRICING = new Pricing(new BigDecimal("1"), new BigDecimal("2"));

  /** Of all owners: somebody wants to hear of every job that ends. */
  private static final OwnerPolicy TOLD_OF_JOBS =
      new OwnerPolicy(
          1,
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          OwnerPolicy.OverBudget.WAIT,
          Optional.of(
              new Webhook(
                  URI.create("https://hooks.example/"),
                  new SecretReference.Env("NONE"),
                  Set.of(Webhook.Subject.JOB),
                  false)));

  static final Duration MAX_RETRY_AFTER = Duration.ofSeconds(90);

  private final SimProcess process;
  private final Simulation sim;
  private final World world;
  private final ModelCatalog catalog;

  SimLlm(SimProcess process) {
    this.process = process;
    this.sim = process.sim;
    this.world = process.world;
    Scenario scenario = sim.scenario();
    catalog =
        new ModelCatalog(
            List.of(
                new ModelConfig(
                    MODEL,
                    ProviderKind.OPENAI,
                    Optional.of(URI.create("http://127.0.0.1:1/v1")),
                    Optional.empty(),
                    MODEL,
                    limits(scenario),
                    PRICING,
                    new Timeouts(Duration.ofSeconds(10), scenario.callTimeout()),
                    Optional.empty())),
            List.of(),
            Map.of(),
            // Where nobody looks for notices, worlds are as they are without them.
            sim.ledger().watches(Promise.NOTICES_ARE_KEPT) ? TOLD_OF_JOBS : OwnerPolicy.DEFAULT,
            Instant.EPOCH);
  }

  static RateLimits limits(Scenario scenario) {
    return new RateLimits(600, RateLimits.UNLIMITED, scenario.maxInFlight());
  }

  @Override
  public ModelCatalog catalog() {
    return catalog;
  }

  @Override
  public LlmClient client(String modelId) {
    return this;
  }

  @Override
  public CompletableFuture<LlmAnswer> call(
      LlmRequest request, CallOptions options, Duration timeout) {
    JobId job = JobId.parse(((LlmRequest.Prompt) request).input()).orElseThrow();
    SimCall call = sim.ledger().callStarted(job, process);
    CompletableFuture<LlmAnswer> answer = new CompletableFuture<>();
    var unused =
        answer.whenComplete(
            (done, failure) -> {
              if (answer.isCancelled()) {
                ended(call, SimCall.Outcome.GIVEN_UP, "given up");
              }
            });
    Duration limit =
        timeout.compareTo(sim.scenario().callTimeout()) < 0
            ? timeout
            : sim.scenario().callTimeout();
    Duration latency = latency();
    if (latency.compareTo(limit) >= 0) {
      at(limit, call, answer, SimCall.Outcome.FAILED, failure(ErrorCodes.TIMEOUT));
    } else {
      process.later(latency, () -> respond(call, answer));
    }
    return answer;
  }

  private Duration latency() {
    Scenario scenario = sim.scenario();
    if (!sim.isKind()) {
      if (world.chance(scenario.llmHangs())) {
        sim.totals().count("calls that hang");
        return Duration.ofDays(1);
      }
      if (world.chance(scenario.llmSlow())) {
        return world.between(Duration.ofSeconds(10), Duration.ofMinutes(4));
      }
    }
    return world.between(Duration.ofMillis(100), Duration.ofSeconds(8));
  }

  private void respond(SimCall call, CompletableFuture<LlmAnswer> answer) {
    Scenario scenario = sim.scenario();
    if (answer.isDone()) {
      return;
    }
    if (sim.isLlmDown()) {
      sim.totals().count("calls during provider outages");
      end(call, answer, SimCall.Outcome.FAILED, failure(ErrorCodes.CONNECTION));
    } else if (!sim.isKind() && world.chance(scenario.llmErrors())) {
      sim.totals().count("calls that fail");
      end(call, answer, SimCall.Outcome.FAILED, failure(ErrorCodes.PROVIDER_ERROR));
    } else if (!sim.isKind() && world.chance(scenario.llmThrottles())) {
      sim.totals().count("calls that are throttled");
      end(call, answer, SimCall.Outcome.FAILED, throttled());
    } else if (!sim.isKind() && world.chance(scenario.llmRefusals())) {
      sim.totals().count("calls that are refused");
      JobError error = JobError.of(ErrorCodes.INVALID_REQUEST, "Refused.");
      end(call, answer, SimCall.Outcome.REFUSED, new LlmException.Permanent(error));
    } else {
      ended(call, SimCall.Outcome.ANSWERED, "answers");
      answer.complete(new LlmAnswer(call.body(), call.usage()));
    }
  }

  private LlmException throttled() {
    Optional<Duration> retryAfter =
        world.random().nextBoolean()
            ? Optional.of(world.between(Duration.ofSeconds(1), MAX_RETRY_AFTER))
            : Optional.empty();
    return new LlmException.Throttled(JobError.of(ErrorCodes.RATE_LIMITED, "Busy."), retryAfter);
  }

  private static LlmException failure(String code) {
    return new LlmException.Transient(JobError.of(code, "Failed."), Optional.empty());
  }

  private void at(
      Duration wait,
      SimCall call,
      CompletableFuture<LlmAnswer> answer,
      SimCall.Outcome outcome,
      LlmException failure) {
    process.later(
        wait,
        () -> {
          if (!answer.isDone()) {
            end(call, answer, outcome, failure);
          }
        });
  }

  private void end(
      SimCall call,
      CompletableFuture<LlmAnswer> answer,
      SimCall.Outcome outcome,
      LlmException failure) {
    ended(call, outcome, failure.error().code());
    answer.completeExceptionally(failure);
  }

  private void ended(SimCall call, SimCall.Outcome outcome, String how) {
    call.outcome = outcome;
    world.note(process.label(), () -> "job " + call.job + ": call " + call.number + " " + how);
  }

  @Override
  public void close() {}
}
