package io.promptbeam.pipeline.engine;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes failures nobody thought of fit for a log. */
final class Unforeseen {
  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);

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

  /** A step of the loop, after whose failure the loop goes on. */
  static Runnable guarded(Runnable step) {
    return () -> {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        LOG.error("a step of the engine's loop failed in an unforeseen way", trace(e));
      }
    };
  }
}
