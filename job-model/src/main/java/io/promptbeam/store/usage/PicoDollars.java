package io.promptbeam.store.usage;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * Money as counters hold it: whole millionths of a millionth of a US dollar. A price per million
 * tokens with up to six decimals comes to whole picodollars a token, so such a cost loses nothing;
 * finer ones are rounded to the nearest, call by call. A {@code long} holds 9.2 million dollars,
 * more than one owner, model and day come to.
 */
public final class PicoDollars {
  private static final int DECIMALS = 12;
  private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);

  private PicoDollars() {}

  /** At most {@link Long#MAX_VALUE}, which as a budget is as good as none. */
  public static long of(BigDecimal usd) {
    BigInteger picos =
        usd.movePointRight(DECIMALS).setScale(0, RoundingMode.HALF_EVEN).toBigInteger();
    return picos.min(MOST).longValueExact();
  }

  public static BigDecimal toUsd(long picos) {
    if (picos == 0) {
      return BigDecimal.ZERO;
    }
    return BigDecimal.valueOf(picos, DECIMALS).stripTrailingZeros();
  }
}
