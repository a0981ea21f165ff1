package io.promptbeam.local.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

class PayloadTextTest {
  private static String beginning(String text) {
    return PayloadText.beginning(ByteString.copyFromUtf8(text));
  }

  @Test
  void payload_isShownWhole_whenItIsShort() {
    assertThat(beginning("")).isEmpty();
    assertThat(beginning("{\"a\": \"é😀\"}")).isEqualTo("{\"a\": \"é😀\"}");
    assertThat(beginning("x".repeat(500))).hasSize(500);
  }

  @Test
  void payload_losesItsEnd_atACharacter() {
    assertThat(beginning("x".repeat(1_501))).isEqualTo("x".repeat(500) + "… (500 of 1,501 bytes)");
    assertThat(beginning("x".repeat(498) + "😀".repeat(10)))
        .isEqualTo("x".repeat(498) + "… (498 of 538 bytes)");
  }

  @Test
  void terminal_isSafe_whateverThePayloadHolds() {
    assertThat(beginning("a\u001b[31m\n\t\r\u0000\u202eb\u2028"))
        .isEqualTo("a\\u001b[31m\\n\\t\\r\\u0000\\u202eb\\u2028");
    assertThat(PayloadText.beginning(ByteString.copyFrom(new byte[] {(byte) 0xC3, 'a'})))
        .isEqualTo("\uFFFDa");
  }
}
