package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.job.CachedAnswer;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Route;
import io.promptbeam.job.Transition;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a job's page shows of its way and of its request. */
class TimelineTest {
  private static final Instant T0 = Instant.parse("2026-11-01T10:00:00Z");
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final JobError BUSY = JobError.of(ErrorCodes.PROVIDER_ERROR, "It failed.");

  private JobSpec spec = spec(Optional.empty(), JobOptions.NONE);
  private JobRun run = JobRun.NEW;

  private static JobSpec spec(Optional<Instant> notBefore, JobOptions options) {
    return new JobSpec(
        JobId.random(),
        Owner.LOCAL,
        "m",
        JobLabels.ofType(JobLabels.GENERIC),
        new JobLimits(Priority.BATCH, 10, 0, T0.plusSeconds(600), 3, notBefore),
        T0,
        Optional.empty(),
        Optional.empty(),
        options);
  }

  private void apply(int second, JobEvent event) {
    run = ((Transition.Moved) run.apply(event, spec.limits(), T0.plusSeconds(second))).next();
  }

  private static CallRecord call(int attempt, String model, int second, Optional<String> error) {
    return new CallRecord(
        attempt,
        model,
        T0.plusSeconds(second),
        Optional.of(Usage.of(7, 3)),
        Optional.of(new BigDecimal("0.0000100")),
        error);
  }

  private Job job() {
    return job(Optional.empty());
  }

  private Job job(Optional<LlmRequest> request) {
    return new Job(spec, run, "v", request, Optional.empty());
  }

  /** Each step as second, event, attempt, model and error. */
  private List<String> steps() {
    return Timeline.of(job()).stream()
        .map(
            step ->
                Duration.between(T0, step.at()).toSeconds()
                    + " "
                    + step.event()
                    + step.attempt().map(n -> " " + n).orElse("")
                    + step.modelId().map(model -> " " + model).orElse("")
                    + step.errorCode().map(code -> " " + code).orElse(""))
        .toList();
  }

  @Test
  void steps_growWithTheJob_whenItIsRetried() {
    assertThat(steps()).containsExactly("0 submitted");
    apply(1, new JobEvent.Claim("a", LEASE));
    assertThat(steps()).containsExactly("0 submitted", "1 claimed 1 m");
    apply(
        3,
        new JobEvent.Retry(
            "a", T0.plusSeconds(9), BUSY, List.of(call(1, "m", 3, Optional.of(BUSY.code())))));
    assertThat(steps())
        .containsExactly(
            "0 submitted",
            "1 claimed 1 m",
            "3 called 1 m provider_error",
            "9 waiting 2 provider_error");
    apply(10, new JobEvent.Claim("b", LEASE));
    assertThat(steps())
        .containsExactly("0 submitted", "3 called 1 m provider_error", "10 claimed 2 m");
    apply(12, new JobEvent.Complete("b", List.of(call(2, "m", 12, Optional.empty()))));
    assertThat(steps())
        .containsExactly(
            "0 submitted",
            "3 called 1 m provider_error",
            "10 claimed 2 m",
            "12 called 2 m",
            "12 completed 2 m");
  }

  @Test
  void claim_isOfTheAttemptItBegan_whenItWasHandedBackUncalled() {
    apply(1, new JobEvent.Claim("a", LEASE));
    apply(2, new JobEvent.Release("a", Optional.empty()));
    assertThat(steps()).containsExactly("0 submitted", "1 claimed 1");
    apply(3, new JobEvent.Claim("b", LEASE));
    apply(
        5,
        new JobEvent.Retry(
            "b", T0.plusSeconds(5), BUSY, List.of(call(1, "m", 5, Optional.of(BUSY.code())))));
    apply(6, new JobEvent.Claim("c", LEASE));
    apply(7, new JobEvent.Release("c", Optional.of(BUSY)));
    assertThat(steps())
        .containsExactly("0 submitted", "5 called 1 m provider_error", "6 claimed 2");
  }

  @Test
  void calls_nameTheModelsAsked_whenAnotherAnswers() {
    apply(1, new JobEvent.Claim("a", LEASE));
    Route on = Route.HOME.to("spare", List.of(new Route.Hop("m", BUSY.code())));
    apply(
        2,
        new JobEvent.Reroute(
            "a",
            on,
            true,
            Optional.empty(),
            BUSY,
            List.of(call(1, "m", 2, Optional.of(BUSY.code())))));
    assertThat(steps()).endsWith("1 claimed 1 m", "2 called 1 m provider_error");
    apply(3, new JobEvent.Claim("b", LEASE));
    assertThat(steps()).endsWith("3 claimed 2 spare");
    apply(4, new JobEvent.Complete("b", List.of(call(2, "spare", 4, Optional.empty()))));
    assertThat(steps())
        .containsExactly(
            "0 submitted",
            "2 called 1 m provider_error",
            "3 claimed 2 spare",
            "4 called 2 spare",
            "4 completed 2 spare");
  }

  @Test
  void cachedAnswer_isNeitherClaimedNorCalled() {
    apply(
        1,
        new JobEvent.CompleteFromCache(
            new CachedAnswer(JobId.random(), "older", Optional.empty())));
    assertThat(steps()).containsExactly("0 submitted", "1 completed older");
  }

  @Test
  void endings_sayWhy_ofJobsThatDidNotComplete() {
    apply(1, new JobEvent.RequestCancel());
    assertThat(steps()).containsExactly("0 submitted", "1 cancelled cancelled");
    run = JobRun.NEW;
    apply(600, new JobEvent.Expire());
    assertThat(steps()).containsExactly("0 submitted", "600 expired deadline_exceeded");
    run = JobRun.NEW;
    apply(1, new JobEvent.Claim("a", LEASE));
    apply(2, new JobEvent.Fail("a", BUSY, List.of(call(1, "m", 2, Optional.of(BUSY.code())))));
    assertThat(steps()).endsWith("2 called 1 m provider_error", "2 failed 1 provider_error");
    List<String> before = steps();
    apply(3, new JobEvent.Erase());
    assertThat(steps()).isEqualTo(before);
  }

  @Test
  void scheduledJob_waits_untilItIsClaimed() {
    spec = spec(Optional.of(T0.plusSeconds(60)), JobOptions.NONE);
    assertThat(steps()).containsExactly("0 submitted", "60 waiting 1");
    apply(61, new JobEvent.Claim("a", LEASE));
    assertThat(steps()).containsExactly("0 submitted", "61 claimed 1 m");
    apply(62, new JobEvent.Release("a", Optional.empty()));
    assertThat(steps()).containsExactly("0 submitted", "61 claimed 1");
  }

  private JsonNode view(Optional<LlmRequest> request) throws Exception {
    return new ObjectMapper()
        .readTree(JobViews.detail(job(request), T0.plusSeconds(5), Optional.empty()));
  }

  @Test
  void everyEntry_hasEveryField_inJson() throws Exception {
    apply(1, new JobEvent.Claim("a", LEASE));
    apply(2, new JobEvent.Complete("a", List.of(call(1, "m", 2, Optional.empty()))));
    JsonNode timeline = view(Optional.empty()).path("timeline");
    assertThat(timeline).hasSize(4);
    for (JsonNode step : timeline) {
      assertThat(step.fieldNames())
          .toIterable()
          .containsExactly("at", "event", "attempt", "model_id", "error_code", "usage", "cost_usd");
    }
    assertThat(timeline.at("/0/at").asText()).isEqualTo("2026-11-01T10:00:00.000Z");
    assertThat(timeline.at("/0/attempt").isNull()).isTrue();
    assertThat(timeline.at("/2/usage/total_tokens").intValue()).isEqualTo(10);
    assertThat(timeline.at("/2/cost_usd").decimalValue()).isEqualByComparingTo("0.00001");
    assertThat(timeline.at("/3/usage").isNull()).isTrue();
  }

  @Test
  void request_hasItsOwnFormsFields_andNullForTheOthers() throws Exception {
    var params = JsonNodeFactory.instance.objectNode().put("temperature", 0.5);
    spec =
        spec(
            Optional.empty(),
            new JobOptions(
                Optional.of(Duration.ofHours(1)),
                Optional.of(JsonNodeFactory.instance.objectNode().put("type", "object"))));
    JsonNode prompt =
        view(Optional.of(new LlmRequest.Prompt(Optional.of("s"), "<script>", params)))
            .path("request");
    assertThat(prompt.path("full_input").asText()).isEqualTo("<script>");
    assertThat(prompt.path("system_message").asText()).isEqualTo("s");
    assertThat(prompt.at("/params/temperature").doubleValue()).isEqualTo(0.5);
    assertThat(prompt.at("/output_schema/type").asText()).isEqualTo("object");
    assertThat(prompt.at("/cache/max_age_seconds").intValue()).isEqualTo(3600);
    assertNull(prompt, "messages", "request", "endpoint");

    spec = spec(Optional.empty(), JobOptions.NONE);
    var turns = JsonNodeFactory.instance.arrayNode().add("hello");
    JsonNode messages =
        view(Optional.of(new LlmRequest.Messages(Optional.empty(), turns, params))).path("request");
    assertThat(messages.at("/messages/0").asText()).isEqualTo("hello");
    assertNull(
        messages, "system_message", "full_input", "request", "endpoint", "output_schema", "cache");

    JsonNode body =
        view(Optional.of(new LlmRequest.Native("/v1/responses", params))).path("request");
    assertThat(body.at("/request/temperature").doubleValue()).isEqualTo(0.5);
    assertThat(body.path("endpoint").asText()).isEqualTo("/v1/responses");
    assertNull(body, "system_message", "full_input", "messages", "params");

    assertThat(view(Optional.empty()).path("request").isNull()).isTrue();
  }

  private static void assertNull(JsonNode object, String... fields) {
    for (String field : fields) {
      assertThat(object.has(field)).as(field).isTrue();
      assertThat(object.path(field).isNull()).as(field).isTrue();
    }
  }
}
