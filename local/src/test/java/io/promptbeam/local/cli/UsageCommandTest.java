package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UsageCommandTest {
  @Test
  void report_isATableWithItsTotalAndTheBudget() throws Exception {
    String counts =
        "\"calls\":1200,\"failed_calls\":3,\"jobs\":{\"completed\":1190},\"usage\":{"
            + "\"input_tokens\":120000,\"cached_input_tokens\":500,\"output_tokens\":7,"
            + "\"reasoning_tokens\":0},\"cost_usd\":1.25}";
    String report =
        "{\"group_by\":\"model\",\"rows\":[{\"model_id\":\"fast\","
            + counts
            + "],\"total\":{"
            + counts
            + ",\"budget\":{\"usd_per_day\":5,\"spent_today_usd\":1.25,\"reserved_usd\":0.002,"
            + "\"remaining_usd\":3.748,\"policy\":\"wait\"}}";
    assertThat(UsageCommand.lines(ServiceClient.JSON.readTree(report)))
        .containsExactly(
            "MODEL  CALLS  FAILED  COMPLETED  INPUT    CACHED  OUTPUT  REASONING  COST",
            "fast   1,200  3       1,190      120,000  500     7       0          $1.25",
            "total  1,200  3       1,190      120,000  500     7       0          $1.25",
            "",
            "$1.25 of $5.00 spent today, $0.002 reserved, $3.75 left (jobs over budget wait)");
  }
}
