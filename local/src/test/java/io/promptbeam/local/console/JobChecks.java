package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** One job. */
abstract class JobChecks extends ConsoleChecks {
  /** What a model may write that a page must not take for its own. */
  static final String MALICIOUS =
      "<script>window.ran = 1</script><img src=x onerror=\"window.ran = 2\">"
          + "<a href=\"javascript:window.ran = 3\">javascript:window.ran = 4</a>"
          + "<iframe srcdoc=\"<script>parent.ran = 5</script>\"></iframe><style>*{display:none}"
          + "</style><b onmouseover=\"window.ran = 6\">bold</b>";

  private static JobId completed(String model, String input, String more) throws Exception {
    JobId id = stage().submit(model, input, more);
    stage().awaitJob(id, "completed");
    return id;
  }

  @Test
  void job_showsAllOfItself() throws Exception {
    JobId id =
        completed(
            "tells",
            "First line\nsecond line",
            "{\"system_message\": \"Be exact.\", \"metadata\": {\"team\": \"Lions\"},"
                + " \"priority\": \"batch\"}");
    open("#/jobs/" + id);
    see(".page-actions", "completed");
    assertThat(text(".result .prose")).isEqualTo("First line\nsecond line");
    assertThat(text("main"))
        .contains("Be exact.")
        .contains(id.toString())
        .contains("Lions")
        .contains("batch")
        .contains(ConsoleStage.OWNER)
        .contains("$0.002")
        .contains("1,500");
    assertThat(text(".timeline"))
        .contains("Submitted")
        .contains("Attempt begun")
        .contains("Call answered")
        .contains("attempt 1")
        .contains("Completed");
    clickText("Raw JSON");
    see(".result .code", "\"output_text\"");
  }

  @Test
  void json_isShownIndented() throws Exception {
    JobId id = completed("tells", "```json\n{\"b\":[1,true,null],\"a\":\"x\"}\n```", "");
    open("#/jobs/" + id);
    assertThat(text(".page-actions")).contains("completed");
    assertThat(text(".result .code"))
        .isEqualTo("{\n  \"b\": [\n    1,\n    true,\n    null\n  ],\n  \"a\": \"x\"\n}");
  }

  @Test
  void outputOfAModel_isTextWhateverItSays() throws Exception {
    JobId id = completed("tells", MALICIOUS, "{\"metadata\": {\"<b>k</b>\": \"<i>v</i>\"}}");
    open("#/jobs/" + id);
    see(".result .prose");
    assertThat(text(".result .prose")).isEqualTo(MALICIOUS);
    clickText("Raw JSON");
    see(".result .code", "<script>window.ran = 1");
    open("#/jobs?owner=" + ConsoleStage.OWNER);
    see("[data-job='" + id + "']", "<i>v</i>");
    assertThat(script("return window.ran ?? null")).isNull();
    assertThat(all("main script, main iframe, main style, main [onerror], a[href^='javascript']"))
        .isEmpty();
    assertThat(browser().complaints()).as("nothing was even tried").isEmpty();
  }

  @Test
  void job_isLive() {
    JobId id = stage().submit("steady", "Take your time", "");
    open("#/jobs/" + id);
    see(".page-actions", "processing");
    see(".page-actions", "completed");
    see(".timeline", "Call answered");
    see(".result .prose");
  }

  @Test
  void job_isCancelled_whenThatIsConfirmed() {
    JobId id = stage().submit("slow", "Take your time", "");
    open("#/jobs/" + id);
    see(".page-actions", "processing");
    clickText("Cancel");
    see("dialog", "Cancel this job?");
    clickText("Keep as is");
    seeNot("dialog");
    assertThat(text(".page-actions")).contains("processing");
    clickText("Cancel");
    clickText("Cancel the job");
    // The worker that makes the call hears of it when it next renews its lease.
    see(".page-actions", "Cancelling");
  }

  @Test
  void waitingJob_saysWhy_andIsCancelledAtOnce() {
    JobId id =
        stage()
            .submit(
                "demo", "Later", "{\"not_before\": \"" + Instant.now().plusSeconds(7_200) + "\"}");
    open("#/jobs/" + id);
    see("#waiting", "Why it waits");
    see("main", "Not before");
    clickText("Cancel");
    clickText("Cancel the job");
    see(".page-actions", "cancelled");
    see(".timeline", "Cancelled");
    see(".page-actions", "Retry");
  }

  @Test
  void failedJob_saysWhy_andIsRunAgain() throws Exception {
    JobId id = stage().submit("refuses", "No", "");
    stage().awaitJob(id, "failed");
    open("#/jobs/" + id);
    see("#job-error", "refuses this prompt");
    see("#job-error", "invalid_request");
    see(".timeline", "Call failed: invalid request");
    browser().screenshot("console-job-failed");
    clickText("Retry");
    see("dialog", "Run this job again?");
    click("dialog .primary");
    waitUntil(
        "the new job is shown",
        () -> {
          String hash = String.valueOf(script("return location.hash"));
          return hash.startsWith("#/jobs/") && !hash.contains(id.toString());
        });
    see(".page-actions", "failed");
    see("main", "Retry of");
    assertThat(all("a[href='#/jobs/" + id + "']")).isNotEmpty();
  }

  @Test
  void job_isErased() throws Exception {
    JobId id = completed("tells", "A secret", "");
    open("#/jobs/" + id);
    see("main", "A secret");
    clickText("Erase");
    see("dialog", "removed for good");
    click("dialog .danger");
    see("main", "Request and result are erased.");
    assertThat(text("main")).doesNotContain("A secret").contains("completed");
    assertThat(stage().get("/api/llm/jobs/" + id + "/").path("erased").asBoolean()).isTrue();
  }

  @Test
  void unknownJob_saysSo() {
    open("#/jobs/" + JobId.random());
    see("main", "There is no such job");
  }

  @Test
  void job_comesBack_afterAnOutage() throws Exception {
    JobId id = stage().submit("steady", "Over an outage", "");
    open("#/jobs/" + id);
    see(".page-actions", "processing");
    stage().withoutService(() -> see("#offline", "not answered since"));
    seeNot("#offline");
    see(".page-actions", "completed");
  }
}
