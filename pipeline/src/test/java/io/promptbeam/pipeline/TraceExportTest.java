package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.trace.Tracing;
import java.util.Map;
import java.util.Optional;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceExportTest {
  private static final SecretResolver SECRETS =
      new SecretResolver(
          name -> name.equals("HEADERS") ? Optional.of("authorization=k") : Optional.empty());

  private static TraceExport of(String... args) {
    return TraceExport.of(PipelineOptionsFactory.fromArgs(args).as(LlmJobOptions.class));
  }

  @Test
  void export_isOff_whenNeitherOptionsNorVariablesNameAnEndpoint() {
    assertThat(of()).isEqualTo(TraceExport.OF_ENVIRONMENT);
    assertThat(of().open(Map.of(), SECRETS)).isSameAs(Tracing.OFF);
  }

  @Test
  void export_isOpened_asOptionsSay() {
    TraceExport export =
        of(
            "--tracesEndpoint=http://127.0.0.1:1",
            "--tracesHeaders=env:HEADERS",
            "--tracesRatio=0.25");
    assertThat(export).isEqualTo(new TraceExport("http://127.0.0.1:1", "env:HEADERS", 0.25));
    Tracing tracing = export.open(Map.of(), SECRETS);
    assertThat(tracing.isOn()).isTrue();
    tracing.close();
  }

  @Test
  void export_isOff_whenItsHeadersCannotBeHad() {
    var export = new TraceExport("http://127.0.0.1:1", "env:MISSING", 1);
    assertThat(export.open(Map.of(), SECRETS)).isSameAs(Tracing.OFF);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--tracesHeaders=authorization=h1dden",
        "--tracesRatio=1.5",
        "--tracesRatio=NaN",
        "--tracesEndpoint=collector:4318",
        "--tracesEndpoint=http://user:h1dden@collector:4318",
        "--tracesEndpoint=http://collector?key=h1dden",
      })
  void options_areRefused_beforeTheyAreKept(String option) {
    assertThatThrownBy(() -> of(option))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(option.split("=", 2)[0])
        .hasMessageNotContaining("h1dden");
  }
}
