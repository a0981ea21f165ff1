package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.CachedAnswer;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Ending;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Lease;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Route;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JobJsonTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Instant CREATED = Instant.parse("2026-11-23T10:00:00.123456789Z");

  private static final JobSpec FULL_SPEC =
      new JobSpec(
          new JobId(UUID.fromString("0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c11")),
          new Owner("team.a@example-1"),
          "mock",
          new JobLabels(
              "trainer_question_analysis",
              Optional.of("q-7"),
              Optional.of("b-1"),
              Optional.of("line \"1\""),
              Map.of("zone", "eu", "app", "trainer")),
          new JobLimits(Priority.INTERACTIVE, 812, Instant.parse("2026-11-24T10:00:00Z"), 5),
          CREATED,
          Optional.of("ab12"),
          Optional.of(new JobId(UUID.fromString("5b0c0f0e-1111-4222-8333-444455556666"))));
  private static final String FULL_SPEC_JSON =
      "{\"id\":\"0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c11\",\"owner\":\"team.a@example-1\","
          + "\"model\":\"mock\",\"job_type\":\"trainer_question_analysis\",\"question_id\":\"q-7\","
          + "\"batch_id\":\"b-1\",\"custom_id\":\"line \\\"1\\\"\","
          + "\"metadata\":{\"app\":\"trainer\",\"zone\":\"eu\"},\"priority\":\"interactive\","
          + "\"token_estimate\":812,\"deadline\":\"2026-11-24T10:00:00Z\",\"max_attempts\":5,"
          + "\"created_at\":\"2026-11-23T10:00:00.123456789Z\",\"request_hash\":\"ab12\","
          + "\"retry_of\":\"5b0c0f0e-1111-4222-8333-444455556666\"}";

  private static final JobSpec BARE_SPEC =
      new JobSpec(
          FULL_SPEC.id(),
          Owner.LOCAL,
          "mock",
          JobLabels.ofType(JobLabels.GENERIC),
          new JobLimits(Priority.BATCH, 0, CREATED, 1),
          CREATED,
          Optional.empty());

  private static final JobRun LEASED =
      new JobRun(
          JobState.PROCESSING,
          2,
          Optional.of(new Lease("t-1", Instant.parse("2026-11-23T10:01:00Z"))),
          Optional.of(Instant.parse("2026-11-23T10:00:30Z")),
          Optional.of(CREATED),
          true,
          Optional.empty(),
          Optional.of(
              new JobError("provider_error", "The provider answered 503.", Optional.of(503))),
          false);
  private static final String LEASED_JSON =
      "{\"state\":\"processing\",\"attempt\":2,"
          + "\"lease\":{\"token\":\"t-1\",\"expires_at\":\"2026-11-23T10:01:00Z\"},"
          + "\"not_before\":\"2026-11-23T10:00:30Z\","
          + "\"started_at\":\"2026-11-23T10:00:00.123456789Z\",\"cancel_requested\":true,\"last_error\":{\"code\":\"provider_error\",\"message\":\"The"
          + " provider answered 503.\",\"provider_status\":503}}";

  private static final JobRun ENDED =
      new JobRun(
          JobState.FAILED,
          3,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          Optional.of(
              new Ending(
                  CREATED,
                  Optional.of(new Usage(10, 4, 20, 8)),
                  Optional.of(new BigDecimal("0.000120")),
                  Optional.of(JobError.of("timeout", "No answer in time.")))),
          Optional.empty(),
          true);
  private static final String ENDED_JSON =
      "{\"state\":\"failed\",\"attempt\":3,\"ending\":{\"at\":\"2026-11-23T10:00:00.123456789Z\","
          + "\"usage\":{\"input_tokens\":10,\"cached_input_tokens\":4,\"output_tokens\":20,"
          + "\"reasoning_tokens\":8},\"cost_usd\":\"0.000120\","
          + "\"error\":{\"code\":\"timeout\",\"message\":\"No answer in time.\"}},\"erased\":true}";

  @Test
  void spec_isTheseBytes() {
    assertThat(text(JobJson.encode(FULL_SPEC))).isEqualTo(FULL_SPEC_JSON);
    assertThat(JobJson.decodeSpec(bytes(FULL_SPEC_JSON))).isEqualTo(FULL_SPEC);
    assertThat(JobJson.decodeSpec(JobJson.encode(BARE_SPEC))).isEqualTo(BARE_SPEC);
  }

  @Test
  void spec_survivesARoundTrip_whenItAsksForEverything() {
    var schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    JobSpec all =
        new JobSpec(
            BARE_SPEC.id(),
            BARE_SPEC.owner(),
            BARE_SPEC.modelId(),
            BARE_SPEC.labels(),
            new JobLimits(Priority.BATCH, 90, 30, CREATED.plusSeconds(60), 2, Optional.of(CREATED)),
            CREATED,
            Optional.empty(),
            Optional.empty(),
            new JobOptions(Optional.of(Duration.ofHours(2)), Optional.of(schema)));
    assertThat(JobJson.decodeSpec(JobJson.encode(all))).isEqualTo(all);
    assertThat(text(JobJson.encode(all)))
        .contains(
            "\"output_token_estimate\":30",
            "\"not_before\":\"2026-11-23T10:00:00.123456789Z\"",
            "\"cache_max_age_seconds\":7200,\"output_schema\":{\"type\":\"object\"}");
  }

  @Test
  void calls_areTheseBytes() {
    String stored =
        "{\"state\":\"pending\",\"attempt\":1,\"calls\":[{\"attempt\":1,\"model\":\"mock\","
            + "\"at\":\"2026-11-23T10:00:00.123456789Z\",\"usage\":{\"input_tokens\":1,"
            + "\"cached_input_tokens\":0,\"output_tokens\":2,\"reasoning_tokens\":0},"
            + "\"cost_usd\":\"0.10\",\"error\":\"timeout\"},{\"attempt\":1,\"model\":\"other\","
            + "\"at\":\"2026-11-23T10:00:00.123456789Z\"}]}";
    JobRun run = JobJson.decodeRun(bytes(stored));
    assertThat(run.calls())
        .containsExactly(
            new CallRecord(
                1,
                "mock",
                CREATED,
                Optional.of(Usage.of(1, 2)),
                Optional.of(new BigDecimal("0.10")),
                Optional.of("timeout")),
            new CallRecord(
                1, "other", CREATED, Optional.empty(), Optional.empty(), Optional.empty()));
    assertThat(text(JobJson.encode(run))).isEqualTo(stored);
  }

  @Test
  void spec_isReadable_whenItWasStoredBeforeJobsCouldBeRetried() {
    String old =
        "{\"id\":\"0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c11\",\"owner\":\"local\",\"model\":\"mock\","
            + "\"job_type\":\"generic\",\"priority\":\"batch\",\"token_estimate\":0,"
            + "\"deadline\":\"2026-11-23T10:00:00.123456789Z\",\"max_attempts\":1,"
            + "\"created_at\":\"2026-11-23T10:00:00.123456789Z\"}";
    assertThat(JobJson.decodeSpec(bytes(old))).isEqualTo(BARE_SPEC);
    assertThat(BARE_SPEC.retryOf()).isEmpty();
    assertThat(text(JobJson.encode(BARE_SPEC))).isEqualTo(old);
  }

  @Test
  void spec_keepsItsTraceContext_asItsLastField_andNoneIsNoField() {
    String context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    JobSpec traced = BARE_SPEC.withTraceparent(Optional.of(context));
    String bare = text(JobJson.encode(BARE_SPEC));
    String stored = bare.replaceFirst("}$", ",\"traceparent\":\"" + context + "\"}");
    assertThat(text(JobJson.encode(traced))).isEqualTo(stored);
    assertThat(JobJson.decodeSpec(bytes(stored))).isEqualTo(traced);
    assertThat(JobJson.decodeSpec(bytes(bare)).traceparent()).isEmpty();
  }

  @Test
  void spec_isRefused_whenItRepeatsNoJobId() {
    String broken = FULL_SPEC_JSON.replace("5b0c0f0e-1111-4222-8333-444455556666", "SECRET");
    assertThatThrownBy(() -> JobJson.decodeSpec(bytes(broken)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'retry_of'")
        .hasMessageNotContaining("SECRET");
  }

  @Test
  void run_isTheseBytes() {
    assertThat(text(JobJson.encode(JobRun.NEW))).isEqualTo("{\"state\":\"pending\",\"attempt\":0}");
    assertThat(JobJson.decodeRun(JobJson.encode(JobRun.NEW))).isEqualTo(JobRun.NEW);
    assertThat(text(JobJson.encode(LEASED))).isEqualTo(LEASED_JSON);
    assertThat(JobJson.decodeRun(bytes(LEASED_JSON))).isEqualTo(LEASED);
    assertThat(text(JobJson.encode(ENDED))).isEqualTo(ENDED_JSON);
    assertThat(JobJson.decodeRun(bytes(ENDED_JSON))).isEqualTo(ENDED);
  }

  @Test
  void request_isTheseBytes_inEachForm() throws Exception {
    ObjectNode params = (ObjectNode) MAPPER.readTree("{\"max_tokens\":5}");
    ArrayNode messages = (ArrayNode) MAPPER.readTree("[{\"role\":\"user\",\"content\":\"é\"}]");
    assertStoredAs(
        new LlmRequest.Prompt(Optional.of("Be brief."), "Why?", params),
        "{\"form\":\"prompt\",\"system_message\":\"Be brief.\",\"input\":\"Why?\","
            + "\"params\":{\"max_tokens\":5}}");
    assertStoredAs(
        new LlmRequest.Messages(Optional.empty(), messages, params),
        "{\"form\":\"messages\",\"messages\":[{\"role\":\"user\",\"content\":\"é\"}],"
            + "\"params\":{\"max_tokens\":5}}");
    assertStoredAs(
        new LlmRequest.Native("/v1/embeddings", params),
        "{\"form\":\"native\",\"endpoint\":\"/v1/embeddings\",\"body\":{\"max_tokens\":5}}");
  }

  private static void assertStoredAs(LlmRequest request, String json) {
    assertThat(text(JobJson.encode(request))).isEqualTo(json);
    assertThat(JobJson.decodeRequest(bytes(json))).isEqualTo(request);
  }

  @Test
  void nativeBody_keepsEveryDigit() {
    String json =
        "{\"form\":\"native\",\"endpoint\":\"/x\",\"body\":{\"a\":0.10,"
            + "\"b\":3.14159265358979323846264338327950288,\"c\":123456789012345678901234567890}}";
    assertThat(text(JobJson.encode(JobJson.decodeRequest(bytes(json))))).isEqualTo(json);
  }

  @Test
  void unknownFields_areIgnored() {
    assertThat(JobJson.decodeSpec(bytes(withUnknownField(FULL_SPEC_JSON)))).isEqualTo(FULL_SPEC);
    assertThat(JobJson.decodeRun(bytes(withUnknownField(LEASED_JSON)))).isEqualTo(LEASED);
  }

  private static String withUnknownField(String json) {
    return "{\"from_the_future\":{\"deep\":[1]}," + json.substring(1);
  }

  @Test
  void route_roundTrips_andIsReadFromItsOldBytes() {
    JobRun run =
        new JobRun(
            JobState.PENDING,
            1,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            Optional.empty(),
            false,
            List.of(),
            Route.HOME.to("f", List.of(new Route.Hop("m", Route.Hop.BREAKER_OPEN))));
    String json =
        "{\"state\":\"pending\",\"attempt\":1,\"route\":{\"model\":\"f\","
            + "\"hops\":[{\"model\":\"m\",\"reason\":\"breaker_open\"}]}}";
    assertThat(new String(JobJson.encode(run), StandardCharsets.UTF_8)).isEqualTo(json);
    assertThat(JobJson.decodeRun(json.getBytes(StandardCharsets.UTF_8))).isEqualTo(run);
  }

  @Test
  void cachedEnding_roundTrips_andIsReadFromItsOldBytes() {
    JobRun run =
        new JobRun(
            JobState.COMPLETED,
            0,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.of(
                new Ending(
                    Instant.parse("2026-11-23T10:00:00Z"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(
                        new CachedAnswer(
                            FULL_SPEC.id(), "m", Optional.of(new BigDecimal("0.0120")))))),
            Optional.empty(),
            false);
    String json =
        "{\"state\":\"completed\",\"attempt\":0,\"ending\":{\"at\":\"2026-11-23T10:00:00Z\","
            + "\"cached\":{\"from\":\"0d9f6a7e-58a3-4c1b-9d68-2f1f6a1b7c11\","
            + "\"served_by\":\"m\",\"saved_usd\":\"0.0120\"}}}";
    assertThat(new String(JobJson.encode(run), StandardCharsets.UTF_8)).isEqualTo(json);
    assertThat(JobJson.decodeRun(json.getBytes(StandardCharsets.UTF_8))).isEqualTo(run);
  }

  @Test
  void decoding_namesTheFieldAndHidesTheContent_whenItIsInvalid() {
    assertThatThrownBy(() -> JobJson.decodeRun(bytes("{\"state\":\"SECRET\",\"attempt\":0}")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'state'")
        .hasMessageNotContaining("SECRET");
    assertThatThrownBy(() -> JobJson.decodeRequest(bytes("SECRET")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .hasMessageNotContaining("SECRET");
    assertThatThrownBy(() -> JobJson.decodeSpec(bytes("[]")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                JobJson.decodeSpec(
                    bytes(FULL_SPEC_JSON.replace("\"max_attempts\":5", "\"max_attempts\":5e9"))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }
}
