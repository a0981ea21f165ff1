package io.promptbeam.api.jobs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import java.time.Duration;
import java.util.Optional;

/**
 * Rendered answers about jobs that have ended, which only erasure changes. Entries live shortly,
 * because another process may erase. Thread-safe.
 */
final class TerminalCache {
  /** Which answer about a job. */
  enum View {
    STATUS,
    RESULT
  }

  private record Key(JobId id, View view) {}

  private record Entry(Owner owner, String tag, ApiResponse answer) {}

  /** A rendered answer with its entity tag. */
  record Tagged(String tag, ApiResponse answer) {}

  /** Keys, headers and the cache's own nodes. */
  private static final int ENTRY_OVERHEAD_BYTES = 600;

  private static final Duration TOMBSTONES_LIVE = Duration.ofMinutes(2);
  private static final long MAX_TOMBSTONES = 100_000;

  private final Cache<Key, Entry> entries;
  private final Cache<JobId, Boolean> tombstones;

  TerminalCache(long maxBytes, Duration timeToLive, Ticker ticker) {
    entries =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((Key key, Entry entry) -> entry.answer().body().length + ENTRY_OVERHEAD_BYTES)
            .expireAfterWrite(timeToLive)
            .ticker(ticker)
            // Evicting takes less time than handing it to another thread, behind which the cache
            // would be over its limit for as long as the shared pool is busy.
            .executor(Runnable::run)
            .build();
    tombstones =
        Caffeine.newBuilder()
            .maximumSize(MAX_TOMBSTONES)
            .expireAfterWrite(TOMBSTONES_LIVE)
            .ticker(ticker)
            .build();
  }

  /** Only what {@code caller} sees. */
  Optional<Tagged> find(JobId id, View view, Caller caller) {
    Entry entry = entries.getIfPresent(new Key(id, view));
    return entry == null || !caller.sees(entry.owner())
        ? Optional.empty()
        : Optional.of(new Tagged(entry.tag(), entry.answer()));
  }

  void put(JobId id, View view, Owner owner, Tagged rendered) {
    Key key = new Key(id, view);
    entries.put(key, new Entry(owner, rendered.tag(), rendered.answer()));
    // Looked at after the put: whoever erased in between has either seen this entry or is seen.
    if (tombstones.getIfPresent(id) != null) {
      entries.invalidate(key);
    }
  }

  /** Call before erasing, so that a read under way cannot bring the answer back. */
  void beforeErase(JobId id) {
    tombstones.put(id, true);
  }

  void afterErase(JobId id) {
    for (View view : View.values()) {
      entries.invalidate(new Key(id, view));
    }
  }
}
