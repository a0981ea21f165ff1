package io.promptbeam.api.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
  private final Pace pace =
      new Pace(new Patience(Duration.ofSeconds(10), Duration.ofSeconds(15), 1_000));
  private final Object request = new Object();

  private static long seconds(int seconds) {
    return TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void silence_isLeftToTheIdleTimeout() {
    for (int s = 0; s < 1_000; s++) {
      assertThat(pace.isTooSlow(0, 0, seconds(s))).isFalse();
    }
  }

  @Test
  void headers_mustComeInTheirTime_howeverSteadilyTheyCome() {
    for (int s = 0; s <= 10; s++) {
      assertThat(pace.isTooSlow(s + 1, 0, seconds(s))).isFalse();
    }
    assertThat(pace.isTooSlow(12, 0, seconds(11))).isTrue();
  }

  @Test
  void headersOfTheNextRequest_haveTheirOwnTime() {
    pace.begins(request, false, 100, 0, seconds(5));
    pace.ends(request, 100);
    assertThat(pace.isTooSlow(100, 500, seconds(60))).isFalse();
    assertThat(pace.isTooSlow(101, 500, seconds(61))).isFalse();
    assertThat(pace.isTooSlow(102, 500, seconds(71))).isFalse();
    assertThat(pace.isTooSlow(103, 500, seconds(72))).isTrue();
  }

  @Test
  void body_mustComeFastEnough_onceItsGraceIsOver() {
    pace.begins(request, true, 100, 0, 0);
    assertThat(pace.isTooSlow(115, 0, seconds(15))).isFalse();
    assertThat(pace.isTooSlow(116, 0, seconds(16))).isTrue();
    assertThat(pace.isTooSlow(16_101, 0, seconds(16))).isFalse();
  }

  @Test
  void work_mayTakeAsLongAsItDoes_onceTheBodyIsHere() {
    pace.begins(request, true, 100, 0, 0);
    pace.bodyEnds(request);
    assertThat(pace.isTooSlow(110, 0, seconds(600))).isFalse();
  }

  @Test
  void answer_mustBeFetchedFastEnough_onceItBegan() {
    pace.begins(request, false, 100, 0, 0);
    assertThat(pace.isTooSlow(100, 0, seconds(30))).isFalse();
    assertThat(pace.isTooSlow(100, 10, seconds(31))).isFalse();
    assertThat(pace.isTooSlow(100, 20, seconds(46))).isFalse();
    assertThat(pace.isTooSlow(100, 50_000, seconds(47))).isFalse();
    assertThat(pace.isTooSlow(100, 50_000, seconds(131))).isTrue();
  }

  @Test
  void eventsOfAnEarlierRequest_doNotCount() {
    Object next = new Object();
    pace.begins(request, true, 100, 0, 0);
    pace.begins(next, true, 200, 0, seconds(1));
    pace.bodyEnds(request);
    pace.ends(request, 200);
    assertThat(pace.isTooSlow(210, 0, seconds(20))).isTrue();
  }

  @Test
  void patience_isRefused_whenThereIsNone() {
    assertThatThrownBy(() -> new Patience(Duration.ZERO, Duration.ZERO, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
