package io.promptbeam.api.spark;

import io.promptbeam.api.http.Problem;
import io.promptbeam.job.Owner;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * How many threads may be held by large bodies and answers on their way, so that polls find one
 * whatever is sent and fetched: half of them by those of one kind, three quarters by both, a
 * quarter by one owner's. Short bodies hold none, see {@link ShortBodies}. Thread-safe.
 */
final class Places {
  /** What a thread waits for. */
  enum Kind {
    UPLOAD("too_many_uploads", "Too many uploads", "reading as many large bodies"),
    DOWNLOAD("too_many_downloads", "Too many downloads", "sending as many large answers");

    private final String code;
    private final String title;
    private final String doing;

    Kind(String code, String title, String doing) {
      this.code = code;
      this.title = title;
      this.doing = doing;
    }

    /** The answer where there is no place. */
    Problem refusal() {
      return Problem.of(
              503, code, title, "The server is " + doing + " as it can, or as one owner may have.")
          .withHeader("Retry-After", "2");
    }
  }

  private final int mostOfKind;
  private final int mostInAll;
  private final int mostOfOwner;
  private final Map<Kind, Integer> ofKind = new EnumMap<>(Kind.class);
  private final Map<Owner, Integer> ofOwner = new HashMap<>();

  Places(int threads) {
    mostOfKind = Math.max(1, threads / 2);
    mostInAll = Math.max(1, threads * 3 / 4);
    mostOfOwner = Math.max(1, threads / 4);
  }

  /** Whether there was a place; if so, it is to be given back by {@link #leave}. */
  synchronized boolean enter(Kind kind, Owner owner) {
    int all = ofKind.values().stream().mapToInt(Integer::intValue).sum();
    if (all >= mostInAll
        || ofKind.getOrDefault(kind, 0) >= mostOfKind
        || ofOwner.getOrDefault(owner, 0) >= mostOfOwner) {
      return false;
    }
    ofKind.merge(kind, 1, Integer::sum);
    ofOwner.merge(owner, 1, Integer::sum);
    return true;
  }

  synchronized void leave(Kind kind, Owner owner) {
    ofKind.computeIfPresent(kind, (k, count) -> count - 1);
    ofOwner.computeIfPresent(owner, (o, count) -> count == 1 ? null : count - 1);
  }
}
