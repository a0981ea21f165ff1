package io.promptbeam.pipeline.engine;

import org.jspecify.annotations.Nullable;

/** Makes failures nobody thought of fit for a log. */
final class Unforeseen {
  private Unforeseen() {}

  /** Class and stack of {@code failure}; its message may quote a prompt, so that is left out. */
  static Throwable trace(@Nullable Throwable failure) {
    if (failure == null) {
      return new IllegalStateException("neither an answer nor a failure");
    }
    var trace = new IllegalStateException(failure.getClass().getName());
    trace.setStackTrace(failure.getStackTrace());
    return trace;
  }
}
