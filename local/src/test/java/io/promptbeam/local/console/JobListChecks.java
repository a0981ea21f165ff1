package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The list of jobs. */
abstract class JobListChecks extends ConsoleChecks {
  private static final String OWNER = "?owner=" + ConsoleStage.OWNER;

  private static String row(JobId id) {
    return "[data-job='" + id + "']";
  }

  private static long rows() {
    return script("return document.querySelectorAll('[data-job]').length") instanceof Long count
        ? count
        : -1;
  }

  private static String hash() {
    return String.valueOf(script("return location.hash"));
  }

  @Test
  void filter_isInTheAddress_andNarrowsTheList() throws Exception {
    JobId refused = stage().submit("refuses", "No", "{\"metadata\": {\"team\": \"Otters\"}}");
    JobId done = stage().submit("demo", "Yes", "{\"metadata\": {\"team\": \"Badgers\"}}");
    stage().awaitJob(refused, "failed");
    stage().awaitJob(done, "completed");
    open("#/jobs" + OWNER);
    see(row(done), "completed");
    see(row(refused), "failed");
    see(row(refused), "invalid request");

    choose("select[name=status]", "failed");
    see(row(refused));
    seeNot(row(done));
    assertThat(hash()).contains("status=failed").contains("owner=" + ConsoleStage.OWNER);
    choose("select[name=status]", "");
    type("input[name=text]", "badger");
    see(row(done));
    seeNot(row(refused));
    assertThat(hash()).contains("text=badger");

    open(hash());
    see(row(done));
    assertThat(see("input[name=text]").getAttribute("value")).isEqualTo("badger");
    assertThat(rows()).isEqualTo(1);
    type("input[name=text]", "nobody has this");
    see("main", "No job matches");
    click("form[role=search] button:not([type=submit])");
    assertThat(hash()).isEqualTo("#/jobs");
  }

  @Test
  void row_followsItsJob_andNewOnesCome() throws Exception {
    JobId waits =
        stage()
            .submit(
                "demo", "Later", "{\"not_before\": \"" + Instant.now().plusSeconds(7_200) + "\"}");
    signedInWith(stage().ownerKey());
    open("#/jobs");
    see(row(waits), "pending");
    JobId quick = stage().submit("demo", "Quick", "");
    see(row(quick), "completed");
    stage().post("/api/llm/jobs/" + waits + "/cancel/", "{}");
    see(row(waits), "cancelled");
  }

  @Test
  void tenThousandRows_stayUsable() {
    stage().awaitBulk();
    open("#/jobs?owner=" + ConsoleStage.BULK_OWNER);
    waitUntil("the first page is shown", () -> rows() == 100);
    click("#load-more");
    waitUntil("the second page is shown", () -> rows() == 200);
    long startNanos = System.nanoTime();
    for (int shown = 200; shown < ConsoleStage.BULK_JOBS; shown += 1_000) {
      int wanted = Math.min(ConsoleStage.BULK_JOBS, shown + 1_000);
      click("#load-many");
      waitUntil(wanted + " rows are shown", () -> rows() == wanted);
    }
    long loadMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    waitUntil("the end is told", () -> text(".page-actions").equals("10,000 shown"));
    seeNot("#load-many");

    Object frameMillis =
        browser()
            .driver()
            .executeAsyncScript(
                """
                const done = arguments[arguments.length - 1];
                let worst = 0;
                let step = 0;
                let before = performance.now();
                function frame() {
                  const now = performance.now();
                  worst = Math.max(worst, now - before);
                  before = now;
                  if (step++ < 20) {
                    scrollTo(0, document.body.scrollHeight * (step % 10) / 10);
                    requestAnimationFrame(frame);
                  } else {
                    done(worst);
                  }
                }
                requestAnimationFrame(frame);
                """);
    System.out.printf(
        "10,000 rows: 9,800 loaded in %d ms, slowest frame while scrolling %s ms%n",
        loadMillis, frameMillis);
    assertThat(((Number) frameMillis).doubleValue()).isLessThan(2_000);

    script("document.querySelectorAll('a.job-link')[9998].focus()");
    press(Keys.ARROW_DOWN);
    assertThat(
            script(
                "const all = document.querySelectorAll('a.job-link');"
                    + "return document.activeElement === all[9999]"))
        .isEqualTo(true);
    assertThat(
            script(
                "const box = document.activeElement.getBoundingClientRect();"
                    + "return box.top >= 0 && box.bottom <= innerHeight && box.height > 0"))
        .as("the focused row is on the screen")
        .isEqualTo(true);
    press(Keys.ENTER);
    see("main h1", "Job ");
    see("main", "Why it waits");
  }

  @Test
  void refusal_isShownAtItsField() {
    open("#/jobs?owner=no%20such%20owner!");
    see(".field-error", "You see no such owner");
    assertThat(see("input[name=owner]").getAttribute("aria-invalid")).isEqualTo("true");
  }

  @Test
  void failureOfTheStore_isShownWithItsRequest_andTriedAgain() {
    stage().storeIsDown(true);
    try {
      open("#/jobs" + OWNER);
      see(".error-panel", "The job store does not answer");
      see(".error-panel", "Status 503");
      assertThat(text(".request-id")).startsWith("req_");
      browser().screenshot("console-jobs-503");
    } finally {
      stage().storeIsDown(false);
    }
    JobId job = stage().submit("demo", "After all", "");
    clickText("Try again");
    see(row(job));
  }

  @Test
  void keyboard_aloneIsEnough() throws Exception {
    JobId job = stage().submit("demo", "By hand", "");
    stage().awaitJob(job, "completed");
    signedInWith(stage().ownerKey());
    open("#/overview");
    press(Keys.TAB);
    assertThat(browser().driver().switchTo().activeElement().getText())
        .isEqualTo("Skip to content");
    press(Keys.ENTER);
    assertThat(script("return document.activeElement.id")).isEqualTo("main");
    script("document.activeElement.blur()");
    tabTo("nav a[href='#/jobs']").sendKeys(Keys.ENTER);
    see("main h1", "Jobs");
    see(row(job));
    tabTo("a.job-link").sendKeys(Keys.ENTER);
    see("main h1", "Job ");
    waitUntil(
        "the heading has the focus",
        () -> "H1".equals(script("return document.activeElement.tagName")));
    tabTo("[role=tab]").sendKeys(Keys.ARROW_RIGHT);
    assertThat(browser().driver().switchTo().activeElement().getText()).isEqualTo("Raw JSON");
    see(".tab-panel .json-key");
  }
}
