package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What jobs may name. */
abstract class ModelChecks extends ConsoleChecks {
  @Test
  void model_showsLimitsAndPrices() {
    open("#/models");
    see("[data-model=demo]", "6,000");
    see("[data-model=demo]", "$0.15");
    see("[data-model=demo]", "$0.075");
    see("[data-model=slow]", "no limit");
    assertThat(all("[data-model]")).hasSizeGreaterThan(5);
    assertThat(text("main")).doesNotContain("127.0.0.1");
  }

  @Test
  void openCircuit_isShown_whenAProviderFails() throws Exception {
    open("#/models");
    List<JobId> jobs = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      jobs.add(stage().submit("down", "Anybody there?", ""));
    }
    see("[data-model=down]", "circuit open");
    see("[data-model=demo]", "calls pass");
    browser().screenshot("console-models-open");
    for (JobId job : jobs) {
      stage().post("/api/llm/jobs/" + job + "/cancel/", "{}");
    }
  }
}
