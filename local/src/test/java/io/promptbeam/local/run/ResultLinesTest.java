package io.promptbeam.local.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobError;
import io.promptbeam.job.Usage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ResultLinesTest {
  private final ByteArrayOutputStream file = new ByteArrayOutputStream();
  private final ResultLines results = new ResultLines(file);

  private String written() {
    return file.toString(StandardCharsets.UTF_8);
  }

  @Test
  void completedJob_isOneLineWithTextAndWholeAnswer() throws IOException {
    String answer = "{\"choices\":[{\"message\":\n{\"content\":\"Größe\\n1\"}}],\"x\":1.10E3}";

    results.write(
        3, "a", TestJobs.completed(Duration.ofMillis(412), Usage.of(10, 5), "0.00000015", answer));

    assertThat(written())
        .isEqualTo(
            """
            {"custom_id":"a","line":3,"status":"completed","output_text":"Größe\\n1",\
            "response":{"choices":[{"message": {"content":"Größe\\n1"}}],"x":1.10E3},"error":null,\
            "usage":{"input_tokens":10,"cached_input_tokens":0,"output_tokens":5,\
            "reasoning_tokens":0},"cost_usd":0.00000015,"attempts":2,"latency_ms":412,\
            "job_id":"00000000-0000-0000-0000-000000000001"}
            """);
  }

  @Test
  void failedJob_carriesItsError() throws IOException {
    results.write(
        1,
        "a",
        TestJobs.failed(new JobError("invalid_request", "No such thing", Optional.of(404))));

    assertThat(written())
        .startsWith(
            "{\"custom_id\":\"a\",\"line\":1,\"status\":\"failed\",\"output_text\":null,"
                + "\"response\":null,\"error\":{\"code\":\"invalid_request\","
                + "\"message\":\"No such thing\",\"provider_status\":404},\"usage\":null,"
                + "\"cost_usd\":null,")
        .endsWith("}\n");
  }

  @Test
  void rejectedLine_carriesNumberAndReason() throws IOException {
    results.write(new InputLine.Rejected(7, Optional.empty(), "malformed_json", "bad"));

    assertThat(written())
        .isEqualTo(
            "{\"custom_id\":null,\"line\":7,\"status\":\"rejected\","
                + "\"error\":{\"code\":\"malformed_json\",\"message\":\"bad\"}}\n");
  }
}
