package io.promptbeam.local.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadSizeTest {
  private final ReadSize size = new ReadSize();

  @Test
  void reads_growToTheirLargest_whileResultsAreSmall() {
    for (int i = 0; i < 10; i++) {
      size.noteLargest(1_000);
    }

    assertThat(size.next()).isEqualTo(ReadSize.LARGEST);
  }

  @Test
  void reads_shrinkAtOnce_whenAResultWasLarge() {
    size.noteLargest(1_000);
    size.noteLargest(9_000_000);
    assertThat(size.next()).isEqualTo(1);

    size.noteLargest(0);
    assertThat(size.next()).isEqualTo(2);
  }
}
