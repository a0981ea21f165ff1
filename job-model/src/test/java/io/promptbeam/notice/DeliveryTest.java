package io.promptbeam.notice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.notice.Delivery.Pauses;
import io.promptbeam.notice.Delivery.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class DeliveryTest {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private final RandomGenerator random = new Random(7);

  @Test
  void notice_isDueAtOnce_andNotWhileSomebodySendsIt() {
    Delivery first = Delivery.first(T0);
    assertThat(first.isDue(T0)).isTrue();

    Delivery claimed = first.begun(T0.plusSeconds(60));

    assertThat(claimed.isDue(T0.plusSeconds(59))).isFalse();
    assertThat(claimed.isDue(T0.plusSeconds(60))).as("whoever sent it has died").isTrue();
    assertThat(claimed.attempts()).isEqualTo(1);
  }

  @Test
  void pauses_doubleUpToTheLongest_andVaryByHalf() {
    Delivery waits = Delivery.first(T0);
    Instant now = T0;
    long expectedMillis = 5_000;
    for (int attempt = 1; attempt <= 20; attempt++) {
      waits = waits.begun(now.plusSeconds(60)).failed("HTTP 500", now, Pauses.DEFAULT, random);
      assertThat(Duration.between(now, waits.at()).toMillis())
          .isBetween(expectedMillis / 2, expectedMillis);
      assertThat(waits.lastFailure()).contains("HTTP 500");
      now = waits.at();
      expectedMillis = Math.min(3_600_000, expectedMillis * 2);
    }
  }

  @Test
  void notice_isGivenUp_onceItsTimeIsOver() {
    Delivery waits = Delivery.first(T0);
    Instant now = T0;
    while (waits.isWaiting()) {
      waits = waits.begun(now.plusSeconds(60)).failed("HTTP 503", now, Pauses.DEFAULT, random);
      now = waits.at();
    }
    assertThat(waits.state()).isEqualTo(State.GIVEN_UP);
    assertThat(waits.at())
        .isBetween(T0.plus(Duration.ofHours(71)).minusSeconds(1), T0.plus(Duration.ofDays(3)));
    assertThat(waits.attempts()).isBetween(75, 170);
  }

  @Test
  void attempt_countsNot_whenItIsHandedBack() {
    Delivery back = Delivery.first(T0).begun(T0.plusSeconds(60)).handedBack(T0.plusSeconds(1));
    assertThat(back.isDue(T0.plusSeconds(1))).isTrue();
    assertThat(back.attempts()).isZero();
  }

  @Test
  void notice_isNotSentAgain_onceItHasEnded() {
    Delivery done = Delivery.first(T0).begun(T0.plusSeconds(60)).delivered(T0.plusSeconds(1));
    assertThat(done.isDue(T0.plusSeconds(1_000_000))).isFalse();
    assertThatThrownBy(() -> done.begun(T0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> done.refused("HTTP 410", T0))
        .isInstanceOf(IllegalStateException.class);
  }
}
