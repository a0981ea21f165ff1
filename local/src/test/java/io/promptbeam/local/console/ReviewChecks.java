package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import io.promptbeam.local.browser.Browser.Screen;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** Many jobs at once, each with its own state. */
abstract class ReviewChecks extends ConsoleChecks {
  private static final String SUBMIT = "form button[type=submit]";
  private static final String ROWS = "tbody tr";

  private static void review(String model, String prompts) {
    open("#/review");
    choose("[name=model_id]", model);
    type("[name=prompts]", prompts);
    click(SUBMIT);
  }

  private static void seeCount(String state, int count) {
    see(".count[data-state=" + state + "]", String.valueOf(count));
  }

  private static String ids() {
    return String.valueOf(
        script(
            "return [...document.querySelectorAll('tbody a')].map(e => e.hash).sort().join(' ')"));
  }

  @Test
  void jobs_haveEachTheirStateAndResult_andAllOfThemCounts() {
    review(
        "demo",
        IntStream.range(0, 25).mapToObj(i -> "Prompt " + i).collect(Collectors.joining("\n")));

    seeCount("completed", 25);
    assertThat(all(ROWS)).hasSize(25);
    assertThat(text(ROWS + ":first-child")).contains("Prompt 0", "completed", "$0.0");
    assertThat(text(".count")).contains("Cost $");
    assertAccessible("a review");
    browser().screenshot("review");
    browser().show(Screen.PHONE, true);
    assertThat(browser().overflow()).isZero();
    browser().screenshot("review-phone");
  }

  @Test
  void emptyForm_isRefusedAtItsField() {
    open("#/review");

    click(SUBMIT);

    see("[data-field=prompts] .field-error", "required");
    clickText("Job ids");
    type("[name=ids]", "no id at all");
    click(SUBMIT);
    see("[data-field=ids] .field-error", "no job id");
  }

  @Test
  void failedJobs_areFilteredAndRetried() {
    review("refuses", "one\n\ntwo\nwith a second line\n\nthree");
    seeCount("failed", 3);
    choose("#review-shown", "completed");
    see(".empty", "None of this kind");
    choose("#review-shown", "unwell");
    waitUntil("three are shown", () -> all(ROWS).size() == 3);
    assertThat(text(ROWS)).contains("with a second line", "refuses this prompt");
    String before = ids();

    clickText("Retry failed");

    waitUntil("these are other jobs", () -> !ids().equals(before));
    seeCount("failed", 3);
  }

  @Test
  void answers_areShownAndExportedAsText_whatTheyLookLike() {
    String answer = "=1+1, \"<script>window.hit = 1</script>\"\n<img src=x onerror='window.hit=2'>";
    review("tells", answer + "\n---\nsecond");
    seeCount("completed", 2);
    Saved.watch();

    click(ROWS + ":first-child summary");

    see(ROWS + " .prose", answer);
    assertThat(script("return window.hit ?? null")).isNull();
    assertThat(all("tbody script, tbody img")).isEmpty();
    clickText("Export CSV");
    assertThat(Saved.next())
        .contains("\"'=1+1, \"\"<script>window.hit = 1</script>\"\"")
        .contains("number,job_id,status");
    clickText("Export JSONL");
    assertThat(Saved.next())
        .hasLineCount(2)
        .contains("\"output_text\":\"=1+1, \\\"<script>", "\"cost_usd\":0.002");
  }

  @Test
  void jobsOfBefore_areFollowedByTheirIds() throws Exception {
    JobId job = stage().submit("tells", "from before", "");
    stage().awaitJob(job, "completed");
    open("#/review");
    clickText("Job ids");
    type("[name=ids]", job + ", 00000000-0000-4000-8000-000000000000");

    clickText("Watch all");

    seeCount("completed", 1);
    seeCount("gone", 1);
    assertThat(text(ROWS)).contains("from before");
  }

  @Test
  void review_goesOn_whileAnotherPageIsLookedAt() {
    review(
        "tells",
        IntStream.range(0, 60).mapToObj(i -> "Prompt " + i).collect(Collectors.joining("\n")));
    see(".count");
    script("location.hash = '#/models'");
    see("main h1", "Models");

    script("location.hash = '#/review'");

    seeCount("completed", 60);
    assertThat(text(ROWS + ":last-child")).contains("Prompt 59");
  }

  @Test
  void rest_isCancelled() {
    review("narrow", "one\ntwo\nthree\nfour\nfive\nsix");
    waitUntil("all are submitted", () -> all("tbody a").size() == 6);

    clickText("Cancel the rest");

    waitUntil("what waited is cancelled", () -> all("tbody .badge-cancelled").size() >= 4);
  }

  @Test
  void review_isForgotten_whenItsKeyIsRefused() {
    review("tells", "a secret prompt");
    seeCount("completed", 1);
    script(
        "sessionStorage.setItem('promptbeam-key', 'pb_0000000000000000-1_none');"
            + "location.hash = '#/models'");
    type("input[name=key]", stage().adminKey());
    press(Keys.ENTER);
    see("main h1", "Models");

    script("location.hash = '#/review'");

    see("[name=prompts]");
    seeNot("tbody tr");
    assertThat(storage().toString()).doesNotContain("a secret prompt");
  }
}
