package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BigtableTargetTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "emulator://127.0.0.1:8086/promptbeam-local/local",
        "emulator://[::1]:8086/my-project/my-instance",
        "bigtable://my-project/jobs",
        "bigtable://my-project/jobs?app_profile=single"
      })
  void parse_isTheInverseOfText(String text) {
    assertThat(BigtableTarget.parse(text)).hasToString(text);
  }

  @Test
  void parse_readsEveryPart() {
    assertThat(BigtableTarget.parse("bigtable://p/i?app_profile=a"))
        .isEqualTo(new BigtableTarget.Cloud("p", "i", Optional.of("a")));
    assertThat(BigtableTarget.parse("emulator://localhost:8086"))
        .isEqualTo(BigtableTarget.Emulator.at("localhost:8086"))
        .isEqualTo(new BigtableTarget.Emulator("localhost", 8086, "promptbeam-local", "local"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:8086",
        "emulator://localhost",
        "bigtable://p",
        "bigtable://p/i?x=1"
      })
  void parse_saysWhatItWants_whenTheTextIsNoTarget(String text) {
    assertThatThrownBy(() -> BigtableTarget.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not '");
  }
}
