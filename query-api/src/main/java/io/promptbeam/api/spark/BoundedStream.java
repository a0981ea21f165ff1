package io.promptbeam.api.spark;

import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.api.http.Problems;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A request's body up to a limit, whose failures are problems. */
final class BoundedStream extends FilterInputStream {
  private final long maxBytes;
  private long read;

  BoundedStream(InputStream in, long maxBytes) {
    super(in);
    this.maxBytes = maxBytes;
  }

  /** The connection broke or idled, or the chunks are malformed. The cause may quote the body. */
  static ProblemException incomplete() {
    return Problem.of(400, "incomplete_body", "Incomplete body", "The body could not be read.")
        .withHeader("Connection", "close")
        .asException();
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    int count;
    try {
      count = in.read(into, offset, length);
    } catch (IOException | RuntimeException e) {
      throw incomplete();
    }
    read += Math.max(0, count);
    if (read > maxBytes) {
      throw Problems.tooLarge(maxBytes).asException();
    }
    return count;
  }
}
