package io.promptbeam.outage;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * Says once in a while what an outage makes fail hundreds of times a second, and how often that
 * was. The first failure is said at once. Thread-safe.
 */
public final class SparseWarning {
  private static final String OUR_PACKAGES = "io.promptbeam.";
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final Logger log;
  private final LongSupplier nanoTime;
  private boolean said;
  private long saidAtNanos;
  private long unsaid;

  /** At most one line in ten seconds. */
  public SparseWarning(Logger log) {
    this(log, System::nanoTime);
  }

  SparseWarning(Logger log, LongSupplier nanoTime) {
    this.log = log;
    this.nanoTime = nanoTime;
  }

  /**
   * A failure.
   *
   * @param line asked for when it is said
   */
  public void warn(Supplier<String> line) {
    long before;
    synchronized (this) {
      long now = nanoTime.getAsLong();
      if (said && now - saidAtNanos < PAUSE.toNanos()) {
        unsaid++;
        return;
      }
      said = true;
      saidAtNanos = now;
      before = unsaid;
      unsaid = 0;
    }
    if (before == 0) {
      log.warn("{}", line.get());
    } else {
      log.warn("{} ({} more since the last line like this)", line.get(), before);
    }
  }

  /** What failed, in a word or a sentence: only our own exceptions are known to quote nothing. */
  public static String reason(Throwable failure) {
    Throwable cause = cause(failure);
    return cause.getClass().getName().startsWith(OUR_PACKAGES)
        ? String.valueOf(cause.getMessage())
        : cause.getClass().getSimpleName();
  }

  /** What a future wrapped. */
  public static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
