package io.promptbeam.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SeenIdsTest {
  @Test
  void id_isNew_onlyOnce_howeverManyThereAre() {
    SeenIds ids = new SeenIds();
    for (int i = 0; i < 20_000; i++) {
      assertThat(ids.add("id-" + i)).isTrue();
    }
    for (int i = 0; i < 20_000; i++) {
      assertThat(ids.add("id-" + i)).isFalse();
    }
  }
}
