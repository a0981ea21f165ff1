package io.promptbeam.api.anthropic;

import io.promptbeam.api.http.Problem;
import io.promptbeam.job.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A body whose hash is taken as it is read, and of which no single value may make the reader hold
 * too much. Not thread-safe.
 */
final class MeteredStream extends FilterInputStream {
  /** A parser reads so far ahead of the value it is at. */
  private static final int READ_AHEAD = 16_000;

  private final MessageDigest digest = Sha256.digest();
  private long read;
  private long allowed = READ_AHEAD;
  private String what = "body";

  MeteredStream(InputStream in) {
    super(in);
  }

  /** From here on {@code name} may take {@code bytes}. */
  void allow(long bytes, String name) {
    allowed = read + bytes + READ_AHEAD;
    what = name;
  }

  /** Of what was read, once. */
  String sha256() {
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int count = in.read(into, offset, length);
    if (count > 0) {
      digest.update(into, offset, count);
      read += count;
    }
    if (read > allowed) {
      throw tooLong(what).asException();
    }
    return count;
  }

  static Problem tooLong(String what) {
    return Problem.of(
            413, "request_too_large", "Request too large", what + ": It is too long for a request.")
        .withField(what);
  }
}
