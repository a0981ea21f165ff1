package io.promptbeam.local.bench.quotas;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Draws what was let through, over time, as SVG. */
final class QuotaPlot {
  private static final int WIDTH = 460;
  private static final int HEIGHT = 190;
  private static final int LEFT = 48;
  private static final int TOP = 34;
  private static final int PLOT_WIDTH = WIDTH - LEFT - 14;
  private static final int PLOT_HEIGHT = HEIGHT - TOP - 36;
  private static final double MOST = 1.25;
  private static final int COLUMNS = 2;

  private QuotaPlot() {}

  /** One panel per case, with its reference behind it where there is one. */
  static String svg(Map<QuotaCase, QuotaFigures> measured) {
    List<QuotaCase> panels = measured.keySet().stream().filter(c -> !c.split()).toList();
    int rows = (panels.size() + COLUMNS - 1) / COLUMNS;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " font-family=\"system-ui, sans-serif\" font-size=\"11\">%n",
            WIDTH * COLUMNS,
            HEIGHT * rows + 22,
            WIDTH * COLUMNS));
    svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    for (int i = 0; i < panels.size(); i++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<g transform=\"translate(%d %d)\">%n",
              i % COLUMNS * WIDTH,
              i / COLUMNS * HEIGHT));
      QuotaCase shown = panels.get(i);
      panel(
          svg,
          shown,
          Objects.requireNonNull(measured.get(shown)),
          shown.reference().flatMap(r -> Optional.ofNullable(measured.get(r))));
      svg.append("</g>\n");
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" fill=\"#444\">blue: shared quota · grey: static split ·"
                + " dashed: the limit · red: one process is killed · per half second</text>%n",
            LEFT,
            HEIGHT * rows + 12));
    return svg.append("</svg>\n").toString();
  }

  private static void panel(
      StringBuilder svg, QuotaCase shown, QuotaFigures figures, Optional<QuotaFigures> reference) {
    double seconds = figures.shares().length * QuotaFigures.BIN_SECONDS;
    text(svg, LEFT, 20, "start", "#111", shown.title());
    for (double share : new double[] {0, 0.5, 1}) {
      double y = y(share);
      line(
          svg,
          LEFT,
          y,
          LEFT + PLOT_WIDTH,
          y,
          share == 1 ? "#111\" stroke-dasharray=\"4 3" : "#ddd");
      text(svg, LEFT - 6, y + 4, "end", "#444", Math.round(share * 100) + " %");
    }
    for (int second = 0; second <= seconds; second += 10) {
      double x = x(second, seconds);
      text(svg, x, TOP + PLOT_HEIGHT + 16, "middle", "#444", second + " s");
    }
    double killed = x(figures.killedAtSeconds(), seconds);
    line(svg, killed, TOP, killed, TOP + PLOT_HEIGHT, "#c62828");
    reference.ifPresent(behind -> curve(svg, behind.shares(), seconds, "#9e9e9e"));
    curve(svg, figures.shares(), seconds, "#1565c0");
  }

  private static void curve(StringBuilder svg, double[] shares, double seconds, String colour) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < shares.length; i++) {
      double at = (i + 0.5) * QuotaFigures.BIN_SECONDS;
      if (at <= seconds) {
        points.append(
            String.format(Locale.ROOT, "%.1f,%.1f ", x(at, seconds), y(Math.min(MOST, shares[i]))));
      }
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\"/>%n",
            points.toString().strip(),
            colour));
  }

  private static double x(double second, double seconds) {
    return LEFT + PLOT_WIDTH * second / seconds;
  }

  private static double y(double share) {
    return TOP + PLOT_HEIGHT * (1 - share / MOST);
  }

  private static void line(
      StringBuilder svg, double x1, double y1, double x2, double y2, String stroke) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
            x1,
            y1,
            x2,
            y2,
            stroke));
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String fill, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
            x,
            y,
            anchor,
            fill,
            text));
  }
}
