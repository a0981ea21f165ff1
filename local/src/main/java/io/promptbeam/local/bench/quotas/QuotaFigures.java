package io.promptbeam.local.bench.quotas;

import io.promptbeam.pipeline.llm.simulated.Admissions;
import io.promptbeam.pipeline.llm.simulated.SimulatedStats;

/**
 * What a case came to, from what its provider saw. Pure arithmetic.
 *
 * @param use of the limit, from the third second to the kill; 1 is all of it
 * @param limited calls that the provider refused as too many
 * @param calls all that arrived
 * @param recoverySeconds from the kill until every second holds nine tenths of the limit
 * @param shares per {@link #BIN_SECONDS}: what was let through, of the limit
 * @param killedAtSeconds after the first call
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record QuotaFigures(
    double use,
    long limited,
    long calls,
    double recoverySeconds,
    double[] shares,
    double killedAtSeconds) {
  static final double BIN_SECONDS = 0.5;

  private static final double WARM_SECONDS = 2;
  private static final double RECOVERED = 0.9;
  private static final double NANOS = 1e9;

  /**
   * Works them out.
   *
   * @param killedNanos when a process was killed
   * @param endNanos when the others were stopped, with work left
   */
  static QuotaFigures of(
      QuotaCase measured,
      Admissions admitted,
      SimulatedStats stats,
      long killedNanos,
      long endNanos) {
    long[] at = admitted.arrivalNanos();
    if (at.length == 0) {
      throw new IllegalStateException("no call arrived");
    }
    long first = at[0];
    int bins = (int) ((endNanos - first) / NANOS / BIN_SECONDS);
    double[] shares = new double[bins];
    double used = 0;
    long from = first + (long) (WARM_SECONDS * NANOS);
    for (int i = 0; i < at.length; i++) {
      double amount =
          measured.unit() == QuotaCase.Unit.TOKENS ? (double) admitted.tokens()[i] : 1.0;
      int bin = (int) ((at[i] - first) / NANOS / BIN_SECONDS);
      if (bin < bins) {
        shares[bin] += amount / (measured.perSecond() * BIN_SECONDS);
      }
      used += at[i] >= from && at[i] < killedNanos ? amount : 0;
    }
    double allowed = (killedNanos - from) / NANOS * measured.perSecond();
    double killedAt = (killedNanos - first) / NANOS;
    return new QuotaFigures(
        used / allowed,
        stats.limited(),
        stats.calls(),
        recovery(shares, killedAt),
        shares,
        killedAt);
  }

  /** By the second, for the fewer calls there are, the more half seconds differ by chance. */
  private static double recovery(double[] shares, double killedAt) {
    double recovered = 0;
    for (int bin = (int) (killedAt / BIN_SECONDS) + 1; bin < shares.length; bin++) {
      if ((shares[bin - 1] + shares[bin]) / 2 < RECOVERED) {
        recovered = bin * BIN_SECONDS - killedAt;
      }
    }
    return recovered;
  }
}
