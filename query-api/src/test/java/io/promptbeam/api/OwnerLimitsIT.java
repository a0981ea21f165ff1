package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.job.Owner;
import io.promptbeam.store.OwnerCounters;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class OwnerLimitsIT {
  private static final String JOB = "{\"model_id\":\"m\",\"full_input\":\"x\"}";

  /** 18 seconds before the end of a minute. */
  private static final class TestClock extends Clock {
    private volatile Instant now = Instant.parse("2026-11-23T10:00:42Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private final TestClock clock = new TestClock();

  private TestStack stack(OptionalLong maxWaiting, OptionalLong submitsPerMinute) {
    var policy =
        new OwnerPolicy(
            1,
            maxWaiting,
            submitsPerMinute,
            OptionalInt.empty(),
            Optional.empty(),
            OwnerPolicy.OverBudget.WAIT);
    var catalog =
        new ModelCatalog(
            TestStack.catalog().models(),
            List.of(),
            Map.of(Owner.LOCAL.name(), policy),
            OwnerPolicy.DEFAULT,
            Instant.EPOCH);
    return new TestStack(ApiConfig.loopback(0), catalog, clock);
  }

  private static HttpProbe.Answer submit(HttpProbe http, String body, String... headers) {
    return http.post("/api/llm/jobs/submit/", body, headers);
  }

  private static OwnerCounters.Counts counts(TestStack stack, long minute) {
    return stack.memory.ownerCounters().add(Owner.LOCAL, 0, 0, minute).join();
  }

  @Test
  void submissions_areRefusedBeyondTheirRate_untilTheNextMinute() throws Exception {
    try (TestStack stack = stack(OptionalLong.empty(), OptionalLong.of(3))) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      for (int left = 2; left >= 0; left--) {
        var accepted = submit(http, JOB);
        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.header("RateLimit-Policy")).isEqualTo("\"submits\";q=3;w=60");
        assertThat(accepted.header("RateLimit")).isEqualTo("\"submits\";r=" + left + ";t=18");
      }
      var refused = submit(http, JOB);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
      assertThat(refused.text("code")).isEqualTo("submit_rate_exceeded");
      assertThat(refused.text("limit")).isEqualTo("submits_per_minute");
      assertThat(refused.json().path("limit_value").asLong()).isEqualTo(3);
      assertThat(refused.header("Retry-After")).isEqualTo("18");
      assertThat(refused.header("RateLimit")).isEqualTo("\"submits\";r=0;t=18");
      assertThat(stack.published).hasSize(3);
      clock.now = clock.now.plusSeconds(18);
      assertThat(submit(http, JOB).status()).isEqualTo(202);
    }
  }

  @Test
  void submissions_areRefused_whileTooManyJobsWait() throws Exception {
    try (TestStack stack = stack(OptionalLong.of(2), OptionalLong.empty())) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      String first = submit(http, JOB).text("job_id");
      var second = submit(http, JOB);
      assertThat(second.header("RateLimit-Policy")).isEqualTo("\"waiting\";q=2");
      assertThat(second.header("RateLimit")).isEqualTo("\"waiting\";r=0");
      var refused = submit(http, JOB);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.text("code")).isEqualTo("too_many_waiting_jobs");
      assertThat(refused.text("limit")).isEqualTo("max_waiting");
      assertThat(refused.header("Retry-After")).isEqualTo("10");
      assertThat(http.post("/api/llm/jobs/" + first + "/cancel/", "").status()).isEqualTo(200);
      assertThat(submit(http, JOB).status()).isEqualTo(202);
      assertThat(submit(http, JOB).status()).isEqualTo(429);
    }
  }

  @Test
  void replays_areNotCounted_andAnsweredBeyondTheLimitToo() throws Exception {
    try (TestStack stack = stack(OptionalLong.of(2), OptionalLong.of(2))) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      String first = submit(http, JOB, "Idempotency-Key", "k").text("job_id");
      for (int i = 0; i < 5; i++) {
        var replay = submit(http, JOB, "Idempotency-Key", "k");
        assertThat(replay.status()).isEqualTo(202);
        assertThat(replay.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(replay.text("job_id")).isEqualTo(first);
      }
      assertThat(submit(http, JOB).status()).isEqualTo(202);
      assertThat(submit(http, JOB).status()).isEqualTo(429);
      assertThat(submit(http, JOB, "Idempotency-Key", "new").status()).isEqualTo(429);
      assertThat(submit(http, JOB, "Idempotency-Key", "k").status()).isEqualTo(202);
      assertThat(counts(stack, clock.now.getEpochSecond() / 60))
          .satisfies(
              counts -> {
                assertThat(counts.waiting()).isEqualTo(2);
                assertThat(counts.submits()).isEqualTo(2);
              });
    }
  }

  @Test
  void count_isMadeAnew_whenItIsOff() throws Exception {
    try (TestStack stack = stack(OptionalLong.of(3), OptionalLong.empty())) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      assertThat(submit(http, JOB).status()).isEqualTo(202);
      // Of endings that nobody got to count.
      stack.memory.ownerCounters().add(Owner.LOCAL, 1_000, 0, 0).join();
      assertThat(submit(http, JOB).status()).isEqualTo(429);
      clock.now = clock.now.plusSeconds(61);
      assertThat(submit(http, JOB).status()).as("counts anew, for the next").isEqualTo(429);
      assertThat(submit(http, JOB).status()).isEqualTo(202);
      assertThat(counts(stack, 0).waiting()).isEqualTo(2);
    }
  }

  @Test
  void otherOwners_areNotLimited_andSeeNoHeaders() throws Exception {
    try (TestStack stack = new TestStack(ApiConfig.loopback(0))) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      var accepted = submit(http, JOB);
      assertThat(accepted.status()).isEqualTo(202);
      assertThat(accepted.header("RateLimit")).isEmpty();
      assertThat(counts(stack, 0).waiting()).isZero();
    }
  }
}
