package io.promptbeam.catalog;

import java.net.URI;
import java.util.Set;

/**
 * Where an owner is told of what has ended.
 *
 * @param secret what deliveries are signed with: {@code whsec_} and base64
 * @param allowPrivate whether the address may be that of a machine inside, and without TLS
 */
public record Webhook(
    URI url, SecretReference secret, Set<Subject> subjects, boolean allowPrivate) {
  /** What notices are about. */
  public enum Subject {
    BATCH,
    /** Jobs that are not lines of a batch. */
    JOB
  }

  public Webhook {
    subjects = Set.copyOf(subjects);
  }
}
