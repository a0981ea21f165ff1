package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.message.PubsubTarget;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;

class JobEventsTest {
  private static LlmJobOptions options(String... args) {
    return PipelineOptionsFactory.fromArgs(args).as(LlmJobOptions.class);
  }

  @Test
  void nothing_isPublished_unlessATopicIsNamed() {
    assertThat(JobEvents.of(options())).isEqualTo(JobEvents.OFF);
    assertThat(JobEvents.of(options("--jobEventsTopic="))).isEqualTo(JobEvents.OFF);
    assertThat(JobEvents.OFF.open()).isEmpty();
  }

  @Test
  void topic_isThatOfTheOption_andTravelsToWorkers() {
    String path = "--jobEventsTopic=projects/demo-project/topics/ends";

    assertThat(SerializableUtils.ensureSerializable(JobEvents.of(options(path))))
        .isEqualTo(new JobEvents.To(new PubsubTarget.Cloud("demo-project"), "ends"));
    assertThat(JobEvents.of(options(path, "--pubsubEmulator=127.0.0.1:8085")))
        .isEqualTo(
            new JobEvents.To(new PubsubTarget.Emulator("127.0.0.1", 8085, "demo-project"), "ends"));
  }

  @Test
  void option_isRefused_whenItIsNoFullPath() {
    LlmJobOptions options = options("--jobEventsTopic=ends");

    assertThatThrownBy(() -> JobEvents.of(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("projects/PROJECT/topics/NAME");
  }
}
