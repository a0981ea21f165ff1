package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import io.promptbeam.local.browser.Browser.Screen;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every page, light and dark, wide and narrow: whether everybody can use it. */
abstract class LooksChecks extends ConsoleChecks {
  private static final Screen PHONE = new Screen(360, 740, true);

  /** Hashes by name, with what is seen once the page has come. */
  private static Map<String, String[]> pages(JobId job) {
    Map<String, String[]> pages = new LinkedHashMap<>();
    pages.put("overview", new String[] {"#/overview", ".tile"});
    pages.put("jobs", new String[] {"#/jobs?owner=" + ConsoleStage.OWNER, "[data-job]"});
    pages.put("job", new String[] {"#/jobs/" + job, ".timeline"});
    pages.put("models", new String[] {"#/models", "[data-model]"});
    pages.put("submit", new String[] {"#/submit", "form"});
    pages.put("trainer", new String[] {"#/trainer", "form"});
    pages.put("review", new String[] {"#/review", "form"});
    pages.put("batches", new String[] {"#/batches", "form"});
    pages.put("dead-letters", new String[] {"#/dead-letters", "main h1"});
    pages.put("keys", new String[] {"#/keys", "form"});
    return pages;
  }

  @Test
  void everyPage_isAccessible_andFitsAPhone() throws Exception {
    for (int i = 0; i < 5; i++) {
      stage()
          .submit("demo", "Why?", "{\"metadata\": {\"team\": \"search\", \"run\": \"" + i + "\"}}");
    }
    JobId job = stage().submit("tells", "An answer\nof two lines", "");
    stage().awaitJob(job, "completed");
    for (Map.Entry<String, String[]> page : pages(job).entrySet()) {
      String name = page.getKey();
      for (boolean dark : new boolean[] {false, true}) {
        String tone = dark ? "dark" : "light";
        browser().show(Screen.DESKTOP, dark);
        open(page.getValue()[0]);
        see(page.getValue()[1]);
        waitUntil(
            "the page is " + tone,
            () -> tone.equals(script("return document.documentElement.dataset.theme")));
        seeNot(".skeleton");
        assertAccessible(name + ", " + tone);
        browser().screenshot("console-" + name + "-" + tone);
        assertThat(browser().overflow()).as(name + " on a desktop").isZero();
      }
      browser().show(PHONE, true);
      see(page.getValue()[1]);
      assertThat(browser().overflow()).as(name + " on a phone").isZero();
      assertAccessible(name + " on a phone");
      browser().screenshot("console-" + name + "-phone");
    }
  }

  @Test
  void signIn_isAccessible_andFitsAPhone() {
    signedOut();
    for (boolean dark : new boolean[] {false, true}) {
      browser().show(PHONE, dark);
      open("#/overview");
      see("input[name=key]");
      assertAccessible("sign-in");
      assertThat(browser().overflow()).isZero();
      browser().screenshot("console-sign-in-" + (dark ? "dark" : "light"));
    }
  }

  @Test
  void theme_isChosen_andKept() {
    open("#/models");
    click("#theme");
    see("#theme", "light");
    click("#theme");
    see("#theme", "dark");
    assertThat(script("return document.documentElement.dataset.theme")).isEqualTo("dark");
    open("#/models");
    assertThat(script("return document.documentElement.dataset.theme")).isEqualTo("dark");
    click("#theme");
    see("#theme", "auto");
    assertThat(script("return document.documentElement.dataset.theme")).isEqualTo("light");
  }

  @Test
  void menu_opensOnAPhone() {
    browser().show(PHONE, false);
    open("#/models");
    assertThat(see("#menu").getAttribute("aria-expanded")).isEqualTo("false");
    seeNot("#nav");
    click("#menu");
    see("#nav a[href='#/jobs']").click();
    see("main h1", "Jobs");
    seeNot("#nav");
  }
}
