package io.promptbeam.api.http;

import io.promptbeam.job.Owner;

/** Decides who may come in, before a handler sees the request. Thread-safe. */
@FunctionalInterface
public interface Gate {
  /**
   * Whose request it is.
   *
   * @param open the route needs no key
   * @throws ProblemException when it is nobody's
   */
  Owner admit(ApiRequest request, boolean open);
}
