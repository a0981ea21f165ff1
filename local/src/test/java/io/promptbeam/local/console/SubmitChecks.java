package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import io.promptbeam.local.Await;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** Submits a job, and sees what becomes of it. */
abstract class SubmitChecks extends ConsoleChecks {
  private static final String INPUT = "[name=full_input]";
  private static final String SUBMIT = "form button[type=submit]";
  private static final String ENDED = ".run-state .badge-";

  private static void begin(String model, String input) {
    open("#/submit");
    choose("[name=model_id]", model);
    type(INPUT, input);
  }

  private static String focused() {
    return String.valueOf(script("return document.activeElement.name"));
  }

  @Test
  void job_runsToItsEnd_whenSubmittedByKeyboard() {
    begin("tells", "The answer is 42.");
    String key = String.valueOf(script("return document.forms[0]['Idempotency-Key'].value"));

    press(Keys.chord(Keys.CONTROL, Keys.ENTER));

    see(ENDED + "completed");
    see(".result .prose", "The answer is 42.");
    see(".run-elapsed", "s");
    assertThat(text(".facts")).contains("tells", "1,000 in, 500 out", "$0.002", "1 of 3");
    assertThat(script("return document.forms[0]['Idempotency-Key'].value")).isNotEqualTo(key);
    assertAccessible("a submitted job");
    browser().screenshot("submit");
    click(".run a.button");
    see("main h1", "Job");
  }

  @Test
  void answer_isShownAsText_whenItLooksLikeAPage() {
    String answer =
        "<script>window.hit = 1</script><img src=x onerror=\"window.hit = 2\">"
            + "[click](javascript:window.hit=3) <a href='javascript:window.hit=4'>x</a>";
    begin("tells", answer);

    click(SUBMIT);

    see(".result .prose", answer);
    clickText("Raw JSON");
    see(".result .code", "<script>");
    assertThat(script("return window.hit ?? null")).isNull();
    assertThat(all(".result script, .result img, .result a")).isEmpty();
  }

  @Test
  void refusal_isSaidAtItsField_whenThatIsFolded() {
    begin("demo", "x");
    clickText("More");
    type("[name=max_attempts]", "99");
    clickText("More");

    click(SUBMIT);

    see("[data-field=max_attempts] .field-error", "It must be from 1 to 10.");
    assertThat(focused()).isEqualTo("max_attempts");
    assertThat(all(".run")).isEmpty();
    browser().screenshot("submit-refused");
  }

  @Test
  void form_isNotSent_whenItsJsonIsBroken() {
    begin("tells", "x");
    clickText("Messages");
    type("[name=messages]", "[{\"role\": \"user\"");

    click(SUBMIT);

    see("[data-field=messages] .field-error", "This is not JSON");
    assertThat(focused()).isEqualTo("messages");
    type("[name=messages]", "[{\"role\": \"user\", \"content\": \"from messages\"}]");
    click(SUBMIT);
    see(".result .prose", "from messages");
  }

  @Test
  void nativeRequest_hasNoFieldsBesideIt() {
    begin("tells", "x");
    type("[name=system_message]", "not sent");
    clickText("Native request");
    seeNot("[name=system_message]");
    type("[name=request]", "{\"messages\": [{\"role\": \"user\", \"content\": \"as it is\"}]}");

    click(SUBMIT);

    see(".result .prose", "as it is");
  }

  @Test
  void failure_isShownWithItsCode() {
    begin("refuses", "x");

    click(SUBMIT);

    see(ENDED + "failed");
    see(".error-panel", "refuses this prompt");
    seeNot(".run button.danger");
  }

  /** Until a job of the model has to wait for calls to end, which take a minute. */
  private static void fillLane() throws Exception {
    List<JobId> jobs = new ArrayList<>();
    for (String input : List.of("a", "b")) {
      jobs.add(stage().submit("narrow", input, ""));
    }
    Await.until(
        "the model's one call is in flight",
        () -> {
          StringBuilder reasons = new StringBuilder();
          for (JobId job : jobs) {
            reasons.append(stage().get("/api/llm/jobs/" + job + "/status/").path("waiting"));
          }
          return reasons.toString();
        },
        reasons -> reasons.contains("as many calls in flight as it may"));
  }

  @Test
  void job_isCancelled_whileItWaits() throws Exception {
    fillLane();
    begin("narrow", "c");
    click(SUBMIT);
    see(".run", "as many calls in flight as it may");
    browser().screenshot("submit-waiting");

    clickText("Cancel");

    see(ENDED + "cancelled");
    seeNot(".run button.danger");
  }

  @Test
  void submission_isRepeatedWithoutASecondJob_whenTheServiceWasAway() throws Exception {
    begin("tells", "once");
    clickText("More");
    type("[placeholder=key]", "check");
    type("[placeholder=value]", "away");
    stage()
        .withoutService(
            () -> {
              click(SUBMIT);
              see(".error-panel", "There is no connection to the service");
            });

    click(SUBMIT);

    see(".result .prose", "once");
    assertThat(stage().get("/api/llm/jobs/?text=away").path("jobs")).hasSize(1);
    seeNot(".error-panel");
  }

  @Test
  void job_isFollowedToItsEnd_whenTheServiceWasAwayMeanwhile() throws Exception {
    begin("steady", "x");
    click(SUBMIT);
    see(ENDED + "processing");

    stage().withoutService(() -> see(".run ~ .note", "The job goes on"));

    see(ENDED + "completed");
    seeNot(".run ~ .note");
  }
}
