package io.promptbeam.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EntityTagTest {
  private static final String TAG = EntityTag.of("a".getBytes(StandardCharsets.UTF_8));

  @Test
  void tag_isStrong_andOfTheBytes() {
    assertThat(TAG).matches("\"[A-Za-z0-9_-]{20}\"");
    assertThat(EntityTag.of("a".getBytes(StandardCharsets.UTF_8))).isEqualTo(TAG);
    assertThat(EntityTag.of("b".getBytes(StandardCharsets.UTF_8))).isNotEqualTo(TAG);
  }

  @Test
  void header_matches_whenItNamesTheTagOrAny() {
    assertThat(EntityTag.matches(TAG, TAG)).isTrue();
    assertThat(EntityTag.matches("\"x\" , W/" + TAG, TAG)).isTrue();
    assertThat(EntityTag.matches("*", TAG)).isTrue();
    assertThat(EntityTag.matches("\"x\"", TAG)).isFalse();
    assertThat(EntityTag.matches("", TAG)).isFalse();
    assertThat(EntityTag.matches(TAG.replace("\"", ""), TAG)).isFalse();
  }
}
