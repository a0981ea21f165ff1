package io.promptbeam.local.pubsub;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Finds leases past their deadline. Deadlines fall into buckets of a tenth of a second, of which
 * there are few, so adding costs O(1); an ended or extended lease is skipped when its old bucket
 * comes up. Not thread-safe.
 */
final class LeaseDeadlines {
  private static final long BUCKET_MILLIS = 100;

  private final TreeMap<Long, List<Lease>> buckets = new TreeMap<>();

  /** Again after every extension. */
  void add(Lease lease) {
    buckets.computeIfAbsent(bucketOf(lease), bucket -> new ArrayList<>()).add(lease);
  }

  /** Removes and returns them. A lease may come up to a tenth of a second late, never early. */
  List<Lease> due(long nowMillis) {
    List<Lease> due = new ArrayList<>();
    while (!buckets.isEmpty() && buckets.firstKey() * BUCKET_MILLIS <= nowMillis) {
      var bucket = buckets.pollFirstEntry();
      for (Lease lease : bucket.getValue()) {
        if (!lease.hasEnded() && bucketOf(lease) == bucket.getKey()) {
          due.add(lease);
        }
      }
    }
    return due;
  }

  private static long bucketOf(Lease lease) {
    return Math.floorDiv(lease.deadlineMillis() + BUCKET_MILLIS - 1, BUCKET_MILLIS);
  }
}
