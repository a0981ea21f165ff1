package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.openqa.selenium.WebElement;

/** What happens now. */
abstract class OverviewChecks extends ConsoleChecks {
  private static void submit(int jobs) {
    for (int i = 0; i < jobs; i++) {
      stage().submit("demo", "Why is the sky blue, in " + i + " words?", "");
    }
  }

  private static String tile(String label) {
    return String.valueOf(
        script(
            "return [...document.querySelectorAll('.tile')].find(t =>"
                + " t.querySelector('.tile-label').innerText === arguments[0])?.innerText ?? ''",
            label));
  }

  @Test
  void figures_areLive() {
    open("#/overview");
    see("#freshness", "Live");
    submit(40);
    waitUntil(
        "jobs are counted", () -> tile("Ended today").replaceAll("\\D+", " ").matches(" ?[1-9].*"));
    waitUntil("throughput is told", () -> tile("Throughput").matches("(?s).*\\d[\\d.,]*/s.*"));
    waitUntil("latency is told", () -> tile("Latency").matches("(?s).*\\d ?m?s.*p95.*"));
    see("main", "demo: Requests/min");
    assertThat(all("[role=meter]"))
        .isNotEmpty()
        .allSatisfy(meter -> assertThat(meter.getAttribute("aria-valuetext")).isNotBlank());
    stage().submit("refuses", "No", "");
    see("main", "invalid request");
  }

  @Test
  void chart_hasItsFiguresInWords() {
    open("#/overview");
    see(".chart");
    clickText("Figures as a table");
    see(".chart-table td");
    WebElement chart = see("svg[role=img]");
    String[] names = String.valueOf(chart.getAttribute("aria-labelledby")).split(" ", -1);
    assertThat(names)
        .hasSize(2)
        .allSatisfy(
            id ->
                assertThat(
                        String.valueOf(
                            script("return document.getElementById(arguments[0]).textContent", id)))
                    .isNotBlank());
  }

  @Test
  void owner_seesTheirOwnOnly() {
    signedInWith(stage().ownerKey());
    open("#/overview");
    see("main", "These are your own jobs");
    assertThat(text("main")).doesNotContain("Throughput").doesNotContain("Failed calls");
    waitUntil("own jobs are counted", () -> !tile("Ended today").isEmpty());
  }

  @Test
  void outage_isTold_andOver() throws Exception {
    open("#/overview");
    see("#freshness", "Live");
    stage()
        .withoutService(
            () -> {
              see("#offline", "The service has not answered since");
              see("#freshness", "out of date");
              browser().screenshot("console-overview-offline");
            });
    seeNot("#offline");
    see("#freshness", "Live");
  }
}
