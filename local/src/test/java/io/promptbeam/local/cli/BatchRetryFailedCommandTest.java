package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BatchRetryFailedCommandTest {
  @Test
  void params_areJson_orElseText() {
    Map<String, String> params = new LinkedHashMap<>();
    params.put("max_tokens", "2000");
    params.put("temperature", "0.25");
    params.put("stop", "null");
    params.put("stream", "true");
    params.put("user", "ann smith");
    params.put("format", "{\"type\":\"text\"}");
    params.put("version", "1 2");
    params.put("empty", "");
    assertThat(BatchRetryFailedCommand.body(Optional.of("larger"), params).toString())
        .isEqualTo(
            "{\"model\":\"larger\",\"params\":{\"max_tokens\":2000,\"temperature\":0.25,"
                + "\"stop\":null,\"stream\":true,\"user\":\"ann smith\","
                + "\"format\":{\"type\":\"text\"},\"version\":\"1 2\",\"empty\":\"\"}}");
  }

  @Test
  void body_isEmpty_whenNothingIsToChange() {
    assertThat(BatchRetryFailedCommand.body(Optional.empty(), Map.of())).isEmpty();
  }
}
