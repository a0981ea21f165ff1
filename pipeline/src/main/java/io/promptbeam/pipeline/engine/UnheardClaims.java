package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobId;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tokens of claims that were tried and of which the store never said whether they were written. No
 * call was made under them. Thread-safe.
 */
final class UnheardClaims {
  private final Map<JobId, Set<String>> tokens = new ConcurrentHashMap<>();

  void add(JobId job, String token) {
    tokens.computeIfAbsent(job, id -> ConcurrentHashMap.newKeySet()).add(token);
  }

  /** True when {@code token} was there: whoever takes it out may call under it. */
  boolean remove(JobId job, String token) {
    Set<String> ofJob = tokens.get(job);
    return ofJob != null && ofJob.remove(token);
  }

  /** What was tried before cannot be written any more, since another write came after it. */
  void forget(JobId job) {
    tokens.remove(job);
  }
}
