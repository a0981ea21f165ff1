package io.promptbeam.store.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.Pricing;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UsageCountsTest {
  @Test
  void cost_losesNothing_whenPricesHaveSixDecimalsAMillionTokens() {
    Random random = new Random(5);
    BigDecimal exact = BigDecimal.ZERO;
    long counted = 0;
    for (int i = 0; i < 10_000; i++) {
      Pricing pricing = new Pricing(price(random), price(random), price(random));
      long input = random.nextInt(200_000);
      BigDecimal cost =
          pricing.costUsd(
              new Usage(input, random.nextInt(1_000), random.nextInt(20_000), random.nextInt(9)));
      exact = exact.add(cost);
      counted += PicoDollars.of(cost);
    }
    assertThat(PicoDollars.toUsd(counted)).isEqualByComparingTo(exact);
  }

  private static BigDecimal price(Random random) {
    return BigDecimal.valueOf(random.nextInt(200_000_000), 6);
  }

  @Test
  void cost_isRoundedToTheNearest_whenItIsFiner() {
    assertThat(PicoDollars.of(new BigDecimal("0.0000000000026"))).isEqualTo(3);
    assertThat(PicoDollars.of(new BigDecimal("0.0000000000024"))).isEqualTo(2);
    assertThat(PicoDollars.of(new BigDecimal("1000000000"))).isEqualTo(Long.MAX_VALUE);
    assertThat(PicoDollars.toUsd(0)).isEqualByComparingTo("0");
  }
}
