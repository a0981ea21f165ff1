package io.promptbeam.local.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.promptbeam.api.deadletters.DeskUnavailableException;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PubsubDeskTest {
  private static String beginning(String payload) {
    return PubsubDesk.beginning(ByteString.copyFromUtf8(payload));
  }

  @Test
  void payload_isWhole_upToItsBound() {
    assertThat(beginning("")).isEmpty();
    assertThat(beginning("é".repeat(2_000))).isEqualTo("é".repeat(2_000));
    assertThat(beginning("x".repeat(2_001))).isEqualTo("x".repeat(2_000));
    assertThat(beginning("x".repeat(9_000_000))).hasSize(2_000);
  }

  @Test
  void payload_isNotCutWithinACharacter() {
    assertThat(beginning("x" + "😀".repeat(3_000))).isEqualTo("x" + "😀".repeat(999));
    assertThat(beginning("😀".repeat(3_000))).isEqualTo("😀".repeat(1_000));
    assertThat(beginning("€".repeat(3_000))).isEqualTo("€".repeat(2_000));
  }

  @Test
  void payload_thatIsNoText_isShownAsWhatItIsNot() {
    String shown = PubsubDesk.beginning(ByteString.copyFrom(new byte[] {(byte) 0xff, 'a'}));
    assertThat(shown).isEqualTo("\ufffda");
  }

  @Test
  void queueThatIsAway_isSaidToBe() {
    var nobody = PubsubTarget.Emulator.parse("127.0.0.1:9", "project");
    try (PubsubDesk desk = new PubsubDesk(nobody, PubsubNames.DEFAULT)) {
      assertThatThrownBy(() -> desk.look(1, Duration.ofSeconds(1)))
          .isInstanceOf(DeskUnavailableException.class)
          .hasMessageContaining("does not answer");
    }
  }
}
