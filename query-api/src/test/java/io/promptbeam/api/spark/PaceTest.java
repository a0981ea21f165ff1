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
    pace.begins(request, 100);
    pace.ends(request, 100);
    assertThat(pace.isTooSlow(100, 500, seconds(60))).isFalse();
    assertThat(pace.isTooSlow(101, 500, seconds(61))).isFalse();
    assertThat(pace.isTooSlow(102, 500, seconds(71))).isFalse();
    assertThat(pace.isTooSlow(103, 500, seconds(72))).isTrue();
  }

  @Test
  void body_mustComeFastEnough_onceItsGraceIsOver() {
    pace.begins(request, 100);
    pace.reading(request, 0);
    assertThat(pace.isTooSlow(115, 0, seconds(15))).isFalse();
    assertThat(pace.isTooSlow(116, 0, seconds(16))).isTrue();
    assertThat(pace.isTooSlow(16_101, 0, seconds(16))).isFalse();
  }

  @Test
  void body_isNotTimed_whileTheServerDoesNotReadIt() {
    pace.begins(request, 100);
    pace.reading(request, 0);
    pace.read(request, seconds(10));
    assertThat(pace.isTooSlow(110, 0, seconds(600))).isFalse();
    pace.reading(request, seconds(600));
    assertThat(pace.isTooSlow(110, 0, seconds(605))).isFalse();
    assertThat(pace.isTooSlow(110, 0, seconds(606))).isTrue();
  }

  @Test
  void answer_mustBeTakenFastEnough_onceItsGraceIsOver() {
    pace.begins(request, 100);
    assertThat(pace.isTooSlow(100, 0, seconds(30))).isFalse();
    pace.writing(request, 0, seconds(30));
    assertThat(pace.isTooSlow(100, 20, seconds(45))).isFalse();
    assertThat(pace.isTooSlow(100, 20, seconds(46))).isTrue();
    assertThat(pace.isTooSlow(100, 50_000, seconds(46))).isFalse();
    assertThat(pace.isTooSlow(100, 50_000, seconds(81))).isTrue();
  }

  @Test
  void answer_mayBeMadeSlowly_whenItIsTakenFast() {
    pace.begins(request, 100);
    for (int s = 0; s < 600; s += 60) {
      pace.writing(request, s / 6, seconds(s));
      pace.written(request, seconds(s) + 1);
      assertThat(pace.isTooSlow(100, s / 6 + 10, seconds(s + 59))).isFalse();
    }
  }

  @Test
  void answer_isTimedOverAllItsPieces() {
    pace.begins(request, 100);
    pace.writing(request, 0, 0);
    pace.written(request, seconds(10));
    pace.writing(request, 100, seconds(100));
    assertThat(pace.isTooSlow(100, 200, seconds(105))).isFalse();
    assertThat(pace.isTooSlow(100, 200, seconds(106))).isTrue();
  }

  @Test
  void continueBeforeTheBody_isNoPartOfTheAnswer() {
    pace.begins(request, 100);
    pace.reading(request, 0);
    pace.read(request, seconds(1));
    assertThat(pace.isTooSlow(150, 25, seconds(300))).isFalse();
    pace.writing(request, 25, seconds(300));
    assertThat(pace.isTooSlow(150, 16_024, seconds(316))).isTrue();
    assertThat(pace.isTooSlow(150, 16_025, seconds(316))).isFalse();
  }

  @Test
  void eventsOfAnEarlierRequest_doNotCount() {
    Object next = new Object();
    pace.begins(request, 100);
    pace.reading(request, 0);
    pace.begins(next, 200);
    pace.reading(next, seconds(1));
    pace.read(request, seconds(2));
    pace.written(request, seconds(2));
    pace.ends(request, 200);
    assertThat(pace.isTooSlow(210, 0, seconds(20))).isTrue();
  }

  @Test
  void patience_isRefused_whenThereIsNone() {
    assertThatThrownBy(() -> new Patience(Duration.ZERO, Duration.ZERO, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
