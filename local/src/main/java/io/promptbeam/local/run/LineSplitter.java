package io.promptbeam.local.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Splits bytes into lines, without ever holding more than one line of bounded length. Line ends are
 * LF or CRLF, and the last line may go without. Not thread-safe.
 */
final class LineSplitter {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final InputStream in;
  private final int maxLineBytes;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long number;

  LineSplitter(InputStream in, int maxLineBytes) {
    this.in = in;
    this.maxLineBytes = maxLineBytes;
  }

  /**
   * A line.
   *
   * @param number counted from 1
   * @param bytes without the line end; empty for a line that is too long, which is skipped
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Line(long number, Optional<byte[]> bytes) {}

  /** Empty at the end of the input. */
  Optional<Line> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean tooLong = false;
    boolean any = false;
    while (true) {
      if (position == limit && !fill()) {
        return any ? Optional.of(finish(line, tooLong)) : Optional.empty();
      }
      any = true;
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      tooLong |= line.size() + (end - position) > maxLineBytes + 1;
      if (!tooLong) {
        line.write(buffer, position, end - position);
      }
      position = end;
      if (end < limit) {
        position++;
        return Optional.of(finish(line, tooLong));
      }
    }
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = Math.max(0, in.read(buffer, 0, buffer.length));
    return limit > 0;
  }

  private Line finish(ByteArrayOutputStream line, boolean tooLong) {
    number++;
    byte[] bytes = line.toByteArray();
    int from = number == 1 && startsWithMark(bytes) ? BYTE_ORDER_MARK.length : 0;
    int to =
        bytes.length > from && bytes[bytes.length - 1] == '\r' ? bytes.length - 1 : bytes.length;
    if (tooLong || to - from > maxLineBytes) {
      return new Line(number, Optional.empty());
    }
    return new Line(number, Optional.of(Arrays.copyOfRange(bytes, from, to)));
  }

  private static boolean startsWithMark(byte[] bytes) {
    return bytes.length >= BYTE_ORDER_MARK.length
        && Arrays.equals(
            bytes, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
  }
}
