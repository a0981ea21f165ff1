package io.promptbeam.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PubsubTargetTest {
  @Test
  void emulator_isParsed_fromHostAndPort() {
    assertThat(PubsubTarget.Emulator.parse("[::1]:8085", "promptbeam-local"))
        .isEqualTo(new PubsubTarget.Emulator("[::1]", 8085, "promptbeam-local"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "localhost", "localhost:", ":8085", "localhost:0", "localhost:99999"})
  void emulator_isRefused_whenNotHostAndPort(String text) {
    assertThatThrownBy(() -> PubsubTarget.Emulator.parse(text, "promptbeam-local"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("host:port");
  }

  @Test
  void target_isRefused_whenProjectIdIsShort() {
    assertThatThrownBy(() -> new PubsubTarget.Cloud("local"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("6 characters");
  }
}
