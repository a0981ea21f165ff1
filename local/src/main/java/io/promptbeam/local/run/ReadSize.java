package io.promptbeam.local.run;

/**
 * How many results to read at once, when each may have megabytes and its size is known only
 * afterwards: few at first, more while they are small. Not thread-safe.
 */
final class ReadSize {
  static final int FIRST = 4;
  static final int LARGEST = 100;
  private static final long WANTED_BYTES = 16L * 1024 * 1024;

  private int count = FIRST;

  int next() {
    return count;
  }

  /** To be told of every read, with its largest result. */
  void noteLargest(long bytes) {
    long fitting = WANTED_BYTES / Math.max(1, bytes);
    count = (int) Math.max(1, Math.min(Math.min(2L * count, LARGEST), fitting));
  }
}
