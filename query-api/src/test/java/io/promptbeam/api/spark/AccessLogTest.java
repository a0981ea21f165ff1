package io.promptbeam.api.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.http.HttpFigures;
import org.junit.jupiter.api.Test;

class AccessLogTest {
  private static final String CANCEL = "/api/llm/jobs/:job_id/cancel";

  @Test
  void line_hasTheFieldsOfTheList_andNothingACallerWrote() {
    assertThat(AccessLog.line("req_1", "POST", CANCEL, 202, 1_234_567))
        .isEqualTo("request req_1: POST /api/llm/jobs/:job_id/cancel 202 1234 us");
    assertThat(AccessLog.line(null, "sk-secret", HttpFigures.UNROUTED, 404, 0))
        .isEqualTo("request -: OTHER unrouted 404 0 us");
  }

  @Test
  void changes_areOfNote_andPollsScansAndOverloadAreNot() {
    assertThat(AccessLog.isOfNote("POST", CANCEL, 202)).isTrue();
    assertThat(AccessLog.isOfNote("DELETE", "/api/llm/jobs/:job_id", 403)).isTrue();
    assertThat(AccessLog.isOfNote("GET", "/api/llm/jobs", 200)).isFalse();
    assertThat(AccessLog.isOfNote("POST", HttpFigures.UNROUTED, 404)).isFalse();
    assertThat(AccessLog.isOfNote("POST", CANCEL, 503)).isFalse();
    assertThat(AccessLog.isOfNote("POST", CANCEL, 429)).isFalse();
  }
}
