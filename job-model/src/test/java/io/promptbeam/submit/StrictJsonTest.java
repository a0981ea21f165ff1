package io.promptbeam.submit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonParseException;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class StrictJsonTest {
  private static MalformedJsonException refusal(String text) {
    return catchThrowableOfType(
        MalformedJsonException.class, () -> StrictJson.read(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void malformed_isRefusedWithItsPlace_andNeverQuoted() {
    for (String text :
        List.of(
            "{\"secret\": secret}",
            "{\"secret\":1,\"secret\":2}",
            "{\"a\":1} secret",
            "{\"secret",
            "[".repeat(300),
            "9".repeat(300))) {
      var refusal = refusal(text);
      assertThat(refusal).as(text).isNotNull();
      assertThat(refusal.getMessage()).doesNotContain("secret").contains("line 1, column");
    }
  }

  @Test
  void place_isOfTheFault_whenItIsOnALaterLine() {
    var refusal = refusal("{\n  \"a\": 1,\n  oops\n}");
    assertThat(refusal.line()).isEqualTo(3);
  }

  @Test
  void duplicates_areNamedAsSuch() {
    assertThat(refusal("{\"a\":{\"b\":1,\"b\":2}}")).hasMessageContaining("twice");
  }

  @Test
  void exponentNoDecimalCanHave_isRefused_notAFailure() {
    assertThat(refusal("{\"a\": -1e-99999999999}")).hasMessageContaining("too large or too small");
  }

  @Test
  void numberBeyondADouble_isRefused_notMadeText() throws Exception {
    assertThat(refusal("{\"a\": 1e400}")).hasMessageContaining("too large or too small");
    assertThat(StrictJson.read("1.50e300".getBytes(UTF_8)).decimalValue())
        .isEqualTo(new BigDecimal("1.50e300"));
    var parser = StrictJson.parser(new ByteArrayInputStream("-1e400".getBytes(UTF_8)));
    parser.nextToken();
    assertThatThrownBy(() -> StrictJson.value(parser)).isInstanceOf(JsonParseException.class);
  }

  @Test
  void emptyBody_isRefused() {
    assertThat(refusal("  ")).hasMessageContaining("empty");
  }

  @Test
  void brokenUtf8_isRefused() {
    var refusal =
        catchThrowableOfType(
            MalformedJsonException.class,
            () -> StrictJson.read(new byte[] {'"', (byte) 0xC3, '"'}));
    assertThat(refusal).isNotNull();
  }
}
