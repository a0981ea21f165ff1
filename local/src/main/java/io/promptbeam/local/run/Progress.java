package io.promptbeam.local.run;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Renders how far a run is. Pure over its clock: it answers text, and somebody else prints it. Not
 * thread-safe.
 */
public final class Progress {
  private static final long WINDOW_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long SAMPLE_NANOS = Duration.ofMillis(200).toNanos();
  private static final int MIN_BAR = 8;
  private static final int MAX_BAR = 40;
  private static final int BAR_FRAME = 3;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int PERCENT = 100;

  private final LongSupplier nanoTime;
  private final boolean unicode;
  private final Deque<Sample> samples = new ArrayDeque<>();

  private record Sample(long nanos, long ended) {}

  /**
   * How far a run is.
   *
   * @param total lines of the file that are not blank; empty while unknown
   * @param completed jobs that completed
   * @param failed jobs that ended otherwise, and rejected lines
   */
  public record Counts(OptionalLong total, long completed, long failed) {
    long ended() {
      return completed + failed;
    }
  }

  /**
   * Starts counting now.
   *
   * @param nanoTime monotonic
   * @param unicode whether the terminal shows block characters
   */
  public Progress(LongSupplier nanoTime, boolean unicode) {
    this.nanoTime = nanoTime;
    this.unicode = unicode;
    samples.add(new Sample(nanoTime.getAsLong(), 0));
  }

  /** One line, narrower than {@code columns}, for redrawing in place. */
  public String bar(Counts counts, int columns) {
    String text = text(counts);
    if (counts.total().isEmpty()) {
      return cut(text, columns - 1);
    }
    int room = columns - 1 - text.length() - BAR_FRAME;
    if (room < MIN_BAR) {
      return cut(text, columns - 1);
    }
    int width = Math.min(MAX_BAR, room);
    long total = Math.max(1, counts.total().getAsLong());
    int full = (int) Math.min(width, width * counts.ended() / total);
    return "["
        + (unicode ? "█" : "#").repeat(full)
        + (unicode ? "░" : ".").repeat(width - full)
        + "] "
        + text;
  }

  /** The same without a bar, for output that is not a terminal. */
  public String text(Counts counts) {
    double perSecond = rate(counts.ended());
    StringBuilder line = new StringBuilder();
    if (counts.total().isPresent()) {
      long total = counts.total().getAsLong();
      long percent = total == 0 ? PERCENT : PERCENT * counts.ended() / total;
      line.append(percent).append("%  ");
      line.append(count(counts.completed())).append(" of ").append(count(total)).append(" done");
    } else {
      line.append(count(counts.completed())).append(" done");
    }
    line.append(", ").append(count(counts.failed())).append(" failed");
    line.append(", ").append(perSecond(perSecond));
    if (counts.total().isPresent()) {
      long left = counts.total().getAsLong() - counts.ended();
      line.append(", ETA ").append(perSecond > 0 ? clock(Math.round(left / perSecond)) : "-");
    }
    return line.toString();
  }

  /** Ended per second over the last seconds. */
  private double rate(long ended) {
    long now = nanoTime.getAsLong();
    if (now - samples.getLast().nanos() >= SAMPLE_NANOS) {
      samples.add(new Sample(now, ended));
    }
    while (samples.size() > 1 && now - samples.getFirst().nanos() > WINDOW_NANOS) {
      samples.removeFirst();
    }
    Sample oldest = samples.getFirst();
    long elapsed = now - oldest.nanos();
    return elapsed <= 0 ? 0 : (ended - oldest.ended()) * NANOS_PER_SECOND / elapsed;
  }

  private static String perSecond(double rate) {
    final double exactBelow = 10;
    return rate > 0 && rate < exactBelow
        ? String.format(Locale.ROOT, "%.1f/s", rate)
        : count(Math.round(rate)) + "/s";
  }

  /** Seconds as 0:07, 12:30 or 3:04:00. */
  static String clock(long seconds) {
    Duration d = Duration.ofSeconds(seconds);
    return d.toHours() > 0
        ? String.format(
            Locale.ROOT, "%d:%02d:%02d", d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : String.format(Locale.ROOT, "%d:%02d", d.toMinutes(), d.toSecondsPart());
  }

  private static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, Math.max(0, width));
  }
}
