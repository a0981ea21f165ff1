package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CostsTest {
  private static JsonNode json(String text) throws IOException {
    return ServiceClient.JSON.readTree(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0|$0.00",
        "0.0000045|$0.0000045",
        "0.00123|$0.0012",
        "12.345|$12.35",
        "1234|$1,234.00"
      })
  void dollars_showWhatACentDoesNot(String costUsd, String shown) throws Exception {
    assertThat(Costs.dollars(json(costUsd))).isEqualTo(shown);
  }

  @Test
  void tokens_nameTheirPartsOnlyWhereThereAreSome() throws Exception {
    assertThat(Costs.tokens(json("{\"input_tokens\":1200,\"output_tokens\":80}")))
        .isEqualTo("1,200 input, 80 output");
    assertThat(
            Costs.tokens(
                json(
                    "{\"input_tokens\":12,\"cached_input_tokens\":3,\"output_tokens\":80,"
                        + "\"reasoning_tokens\":30}")))
        .isEqualTo("12 input (3 cached), 80 output (30 reasoning)");
  }

  @Test
  void costs_areEmpty_whereNothingIsKnown() throws Exception {
    assertThat(Costs.dollars(json("null")) + Costs.tokens(json("null"))).isEmpty();
  }
}
