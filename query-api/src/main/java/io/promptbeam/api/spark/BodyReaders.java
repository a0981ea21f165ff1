package io.promptbeam.api.spark;

import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import java.util.concurrent.Semaphore;

/**
 * How many threads may be held by bodies that are still on their way, so that polls find one
 * whatever is uploaded. Short bodies hold none, see {@link ShortBodies}.
 */
final class BodyReaders {
  private final Semaphore places;

  BodyReaders(int most) {
    places = new Semaphore(most);
  }

  /** Takes a place, to be given back by {@link #leave}. */
  void enter() {
    if (!places.tryAcquire()) {
      throw busy();
    }
  }

  void leave() {
    places.release();
  }

  private static ProblemException busy() {
    return Problem.of(
            503,
            "too_many_uploads",
            "Too many uploads",
            "The server is reading as many large bodies as it can. Try again.")
        .withHeader("Retry-After", "2")
        .withHeader("Connection", "close")
        .asException();
  }
}
