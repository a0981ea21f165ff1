package io.promptbeam.local.bench.quotas;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What was measured, for people. */
public final class QuotaReport {
  /** Of {@link #rows}. */
  public static final List<String> HEADINGS =
      List.of("SETUP", "LIMIT", "USE", "429s", "BACK AFTER KILL", "STATIC SPLIT: USE", "BACK");

  private final Map<QuotaCase, QuotaFigures> figures;

  QuotaReport(Map<QuotaCase, QuotaFigures> figures) {
    this.figures = figures;
  }

  /** One per case, beside its reference. */
  public List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    figures.forEach(
        (measured, ours) -> {
          if (measured.processes() != QuotaCase.Processes.STATIC_SPLIT) {
            Optional<QuotaFigures> reference = measured.reference().map(figures::get);
            rows.add(
                List.of(
                    measured.setup(),
                    measured.limit(),
                    percent(ours.use()),
                    String.format(Locale.ROOT, "%d of %,d", ours.limited(), ours.calls()),
                    recovery(ours),
                    reference.map(r -> percent(r.use())).orElse("-"),
                    reference.map(QuotaReport::recovery).orElse("-")));
          }
        });
    return rows;
  }

  /** As SVG. */
  public String plot() {
    return QuotaPlot.svg(figures);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String recovery(QuotaFigures figures) {
    double left = figures.shares().length * QuotaFigures.BIN_SECONDS - figures.killedAtSeconds();
    return figures.recoverySeconds() > left - 1
        ? "never"
        : String.format(Locale.ROOT, "%.1f s", figures.recoverySeconds());
  }
}
