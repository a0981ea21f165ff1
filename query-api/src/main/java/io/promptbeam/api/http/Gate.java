package io.promptbeam.api.http;

/** Decides who may come in, before a handler sees the request. Thread-safe. */
@FunctionalInterface
public interface Gate {
  /**
   * Whose request it is. May block while that is looked up.
   *
   * @param open the route needs no key
   * @throws ProblemException when it is nobody's
   */
  Caller admit(ApiRequest request, boolean open);
}
