package io.promptbeam.local.bench.quotas;

import java.util.Locale;
import java.util.Optional;

/**
 * One thing to measure: some processes that share a limit, one of which is killed towards the end.
 *
 * @param perSecond what the provider lets through, with one second of burst
 */
public record QuotaCase(Processes processes, Unit unit, long perSecond) {
  /** What shares the limit. */
  public enum Processes {
    /** Engine and quota, each with a backlog of its own. */
    WORKERS("worker processes", 4),
    /** Whole pipelines on the DirectRunner, that pull from one subscription. */
    PIPELINES("pipeline processes", 2),
    /** Engines that each keep to their part of the limit, without knowing of each other. */
    STATIC_SPLIT("worker processes, static split", 4);

    private final String title;
    private final int count;

    Processes(String title, int count) {
      this.title = title;
      this.count = count;
    }

    int count() {
      return count;
    }
  }

  /** What is limited. */
  public enum Unit {
    REQUESTS,
    /** Prompts of very different sizes, and their answers. */
    TOKENS
  }

  long perMinute() {
    return perSecond * 60;
  }

  /** For people. */
  String title() {
    return processes.count + " " + processes.title + ", " + limit();
  }

  String limit() {
    return String.format(
        Locale.ROOT, "%,d %s/s", perSecond, unit == Unit.REQUESTS ? "requests" : "tokens");
  }

  String setup() {
    return processes.count + " " + processes.title;
  }

  /** The same limit, shared by nothing but division; empty for what is that already. */
  Optional<QuotaCase> reference() {
    return processes == Processes.WORKERS
        ? Optional.of(new QuotaCase(Processes.STATIC_SPLIT, unit, perSecond))
        : Optional.empty();
  }
}
