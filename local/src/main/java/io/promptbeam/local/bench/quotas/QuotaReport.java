package io.promptbeam.local.bench.quotas;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
    return figures.keySet().stream().filter(c -> !c.split()).map(this::row).toList();
  }

  private List<String> row(QuotaCase measured) {
    QuotaFigures ours = Objects.requireNonNull(figures.get(measured));
    Optional<QuotaFigures> reference = measured.reference().map(figures::get);
    return List.of(
        measured.setup(),
        measured.limit(),
        percent(ours.use()),
        refused(ours),
        recovery(ours),
        reference.map(r -> percent(r.use())).orElse("-"),
        reference.map(QuotaReport::recovery).orElse("-"));
  }

  /** What one case came to, as it ends. */
  static String line(QuotaFigures figures) {
    return String.format(
        Locale.ROOT,
        "  %s used, %s refused, back after %s",
        percent(figures.use()),
        refused(figures),
        recovery(figures));
  }

  private static String refused(QuotaFigures figures) {
    return String.format(Locale.ROOT, "%,d of %,d", figures.limited(), figures.calls());
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
