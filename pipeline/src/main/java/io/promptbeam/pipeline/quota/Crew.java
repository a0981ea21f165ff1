package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.QuotaRow.WorkerView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The workers of a quota, as their heartbeats show them.
 *
 * @param active workers that ask now, this one included
 * @param seen workers that asked within a minute, this one included
 * @param rank this worker's place among those seen, by name
 * @param dead workers that keep calls at the same time and have no heartbeat any more
 * @param gone workers whose columns only take room
 */
record Crew(int active, int seen, int rank, List<String> dead, List<String> gone) {
  static final Crew ALONE = new Crew(1, 1, 0, List.of(), List.of());

  private static final long SEEN_MICROS = 60_000_000;
  private static final long GONE_MICROS = 600_000_000;
  private static final long LEAST_BEAT_MICROS = 500_000;
  private static final long BEAT_MICROS_PER_WORKER = 5_000;

  /** Missed beats, and a little: with half a second between them, under two seconds. */
  private static final double BEATS_UNTIL_DEAD = 3.6;

  /** Between two heartbeats of a worker that waits or calls, among so many. */
  static long beatMicros(int workers) {
    return Math.max(LEAST_BEAT_MICROS, workers * BEAT_MICROS_PER_WORKER);
  }

  /** Without a heartbeat for so long, a worker counts for dead. */
  static long deadMicros(int workers) {
    return (long) (BEATS_UNTIL_DEAD * (double) beatMicros(workers));
  }

  static Crew of(Map<String, WorkerView> workers, String self, long nowMicros) {
    int known =
        (int)
            workers.values().stream()
                .filter(worker -> nowMicros - worker.beatMicros() < SEEN_MICROS)
                .count();
    long deadMicros = deadMicros(known);
    int active = 1;
    int seen = 1;
    int rank = 0;
    List<String> dead = new ArrayList<>();
    List<String> gone = new ArrayList<>();
    for (var entry : workers.entrySet()) {
      String name = entry.getKey();
      if (name.equals(self)) {
        continue;
      }
      long age = nowMicros - entry.getValue().beatMicros();
      if (age < deadMicros) {
        active++;
      } else if (entry.getValue().held() > 0) {
        dead.add(name);
      }
      if (age < SEEN_MICROS) {
        seen++;
        rank += name.compareTo(self) < 0 ? 1 : 0;
      } else if (age > GONE_MICROS) {
        gone.add(name);
      }
    }
    return new Crew(active, seen, rank, dead, gone);
  }
}
