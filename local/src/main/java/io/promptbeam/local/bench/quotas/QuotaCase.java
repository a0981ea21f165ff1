package io.promptbeam.local.bench.quotas;

import java.util.Locale;
import java.util.Optional;

/**
 * One thing to measure: some processes that share a limit, one of which is killed towards the end.
 *
 * @param perSecond what the provider lets through, with one second of burst
 * @param split whether each process keeps to its even part of the limit, without knowing of the
 *     others
 */
public record QuotaCase(Processes processes, Unit unit, long perSecond, boolean split) {
  /** What shares the limit. */
  public enum Processes {
    /** Engine and quota, each with a backlog of its own. */
    WORKERS("worker processes", 4),
    /** Quota and LLM client only: calls without jobs, for rates that records leave no room for. */
    CALLERS("processes, calls only", 4),
    /** Whole pipelines on the DirectRunner, that pull from one subscription. */
    PIPELINES("pipeline processes", 2);

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

  /** A limit that is shared. */
  public QuotaCase(Processes processes, Unit unit, long perSecond) {
    this(processes, unit, perSecond, false);
  }

  long perMinute() {
    return perSecond * 60;
  }

  /** For people. */
  String title() {
    return setup() + ", " + limit();
  }

  String limit() {
    return String.format(
        Locale.ROOT, "%,d %s/s", perSecond, unit == Unit.REQUESTS ? "requests" : "tokens");
  }

  String setup() {
    return processes.count + " " + processes.title + (split ? ", static split" : "");
  }

  /** The same limit, shared by nothing but division; empty for what is that already. */
  Optional<QuotaCase> reference() {
    return split || processes == Processes.PIPELINES
        ? Optional.empty()
        : Optional.of(new QuotaCase(processes, unit, perSecond, true));
  }
}
