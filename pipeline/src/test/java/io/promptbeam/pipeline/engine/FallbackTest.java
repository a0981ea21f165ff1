package io.promptbeam.pipeline.engine;

import static io.promptbeam.pipeline.llm.ScriptedModels.model;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Route;
import io.promptbeam.job.Route.Hop;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.Jobs;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FallbackTest {
  private final ScriptedModels models =
      new ScriptedModels(
          model("m", ProviderKind.OPENAI, "a", "f"),
          model("a", ProviderKind.ANTHROPIC),
          model("f", ProviderKind.OPENAI, "z"),
          model("z", ProviderKind.OPENAI));
  private final InMemoryJobStore store = new InMemoryJobStore();
  private final EngineRun run = new EngineRun(store, models);

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void job_isAnsweredByTheNextModel_whenItsProviderFails() throws Exception {
    models.answers("m", failing(new LlmException.Transient(error("provider_error"), empty())));
    Job job = run.run(EngineRun.PROMPT, 3, JobOptions.NONE);

    assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(models.called()).containsExactly("m", "a");
    assertThat(job.run().servedBy(job.spec())).contains("a");
    assertThat(job.run().attempt()).isEqualTo(2);
    assertThat(job.run().calls())
        .extracting(CallRecord::attempt, CallRecord::modelId, CallRecord::errorCode)
        .containsExactly(
            tuple(1, "m", Optional.of("provider_error")), tuple(2, "a", Optional.empty()));
    assertThat(job.run().route().hops()).containsExactly(new Hop("m", "provider_error"));
  }

  @Test
  void job_isAnsweredByTheNextModel_whenItIsTooLongForItsOwn() throws Exception {
    models.answers("m", failing(new LlmException.Permanent(error(ErrorCodes.CONTEXT_LENGTH))));
    Job job = run.run(EngineRun.PROMPT, 3, JobOptions.NONE);

    assertThat(job.run().servedBy(job.spec())).contains("a");
  }

  @Test
  void job_isNotSentElsewhere_whenItsProviderRefuses() throws Exception {
    models.answers("m", failing(new LlmException.Permanent(error(ErrorCodes.INVALID_REQUEST))));
    Job job = run.run(EngineRun.PROMPT, 3, JobOptions.NONE);

    assertThat(job.run().state()).isEqualTo(JobState.FAILED);
    assertThat(models.called()).containsExactly("m");
  }

  @Test
  void job_staysAtItsModel_whenThatIsOnlyBusy() throws Exception {
    models.answers(
        "m",
        (call, request) ->
            call == 1
                ? CompletableFuture.failedFuture(
                    new LlmException.Throttled(error("rate_limited"), empty()))
                : CompletableFuture.completedFuture(ScriptedClients.ANSWER));
    Job job = run.run(EngineRun.PROMPT, 3, JobOptions.NONE);

    assertThat(models.called()).containsExactly("m", "m");
    assertThat(job.run().servedBy(job.spec())).contains("m");
  }

  @Test
  void job_goesOn_whenItsModelIsBusyBeyondTheDeadline() throws Exception {
    models.answers(
        "m",
        failing(
            new LlmException.Throttled(error("rate_limited"), Optional.of(Duration.ofHours(2)))));
    Job job = run.run(EngineRun.PROMPT, 3, JobOptions.NONE);

    assertThat(job.run().servedBy(job.spec())).contains("a");
  }

  @Test
  void nativeRequest_skipsAModelOfAnotherProvider_andSaysSo() throws Exception {
    models.answers("m", failing(new LlmException.Transient(error("timeout"), empty())));
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putArray("messages").addObject().put("role", "user").put("content", "Hi");
    Job job = run.run(new LlmRequest.Native("/v1/chat/completions", body), 3, JobOptions.NONE);

    assertThat(models.called()).containsExactly("m", "f");
    assertThat(job.run().route().hops())
        .containsExactly(new Hop("m", "timeout"), new Hop("a", Hop.OTHER_PROVIDER));
  }

  @Test
  void chain_beginsAnewWithinTheAttempts_andLeavesOutWhatIsHopeless() throws Exception {
    models.answers("m", failing(new LlmException.Permanent(error(ErrorCodes.CONTEXT_LENGTH))));
    models.answers("a", failing(new LlmException.Transient(error("provider_error"), empty())));
    models.answers("f", failing(new LlmException.Transient(error("provider_error"), empty())));
    Job job = run.run(EngineRun.PROMPT, 5, JobOptions.NONE);

    assertThat(job.run().state()).isEqualTo(JobState.FAILED);
    assertThat(models.called()).containsExactly("m", "a", "f", "a", "f");
    assertThat(job.run().calls()).hasSize(5);
  }

  @Test
  void unreachableModel_costsNoAttempt_whenAnotherAnswers() throws Exception {
    models.answers("m", failing(new LlmException.Unreachable(error("connection_error"))));
    Job job = run.run(EngineRun.PROMPT, 1, JobOptions.NONE);

    assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(job.run().attempt()).isEqualTo(1);
    assertThat(job.run().calls()).hasSize(1);
    assertThat(job.run().route().hops()).containsExactly(new Hop("m", "connection_error"));
  }

  @Test
  void jobs_goElsewhereUncalled_whileTheBreakerIsOpen() throws Exception {
    models.answers("m", failing(new LlmException.Unreachable(error("connection_error"))));
    for (int i = 0; i < 3; i++) {
      run.run(EngineRun.PROMPT, 1, JobOptions.NONE);
    }
    assertThat(run.engine().failing()).containsOnlyKeys("m");
    List<CompletableFuture<Void>> finished = new ArrayList<>();
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Job job = run.create(EngineRun.PROMPT, 1, JobOptions.NONE);
      jobs.add(job);
      finished.add(run.offer(job));
    }
    for (var each : finished) {
      each.get(20, TimeUnit.SECONDS);
    }
    int diverted = 0;
    for (Job job : jobs) {
      Job ended = run.read(job);
      assertThat(ended.run().servedBy(job.spec())).contains("a");
      diverted += ended.run().route().hops().contains(new Hop("m", Hop.BREAKER_OPEN)) ? 1 : 0;
    }
    assertThat(diverted).isGreaterThan(10);
  }

  @Test
  void nativeJob_findsTheModelThatTakesIt_whileTheBreakerIsOpen() throws Exception {
    models.answers("m", failing(new LlmException.Unreachable(error("connection_error"))));
    for (int i = 0; i < 3; i++) {
      run.run(EngineRun.PROMPT, 1, JobOptions.NONE);
    }
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putArray("messages").addObject().put("role", "user").put("content", "Hi");
    Job job = run.run(new LlmRequest.Native("/v1/chat/completions", body), 1, JobOptions.NONE);

    assertThat(job.run().servedBy(job.spec())).contains("f");
  }

  @Test
  void job_goesOnWhereItsRowSays_whenAnotherWorkerTakesItUp() throws Exception {
    Job job = run.create(EngineRun.PROMPT, 3, JobOptions.NONE);
    Jobs jobs = new Jobs(store, Clock.systemUTC());
    jobs.apply(job.spec().id(), new JobEvent.Claim("gone", Duration.ofSeconds(60))).get();
    Route next = Route.HOME.to("f", List.of(new Hop("m", "timeout")));
    jobs.apply(
            job.spec().id(),
            new JobEvent.Reroute("gone", next, true, Optional.empty(), error("timeout"), List.of()))
        .get();
    Job ended = run.run(job);

    assertThat(models.called()).containsExactly("f");
    assertThat(ended.run().attempt()).isEqualTo(2);
  }

  private static Optional<Duration> empty() {
    return Optional.empty();
  }

  private static JobError error(String code) {
    return JobError.of(code, "for the test");
  }

  private static ScriptedModels.Script failing(LlmException failure) {
    return (call, request) -> CompletableFuture.<LlmAnswer>failedFuture(failure);
  }
}
