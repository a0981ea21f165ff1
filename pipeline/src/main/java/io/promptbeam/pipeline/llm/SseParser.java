package io.promptbeam.pipeline.llm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes a stream of server-sent events apart as its bytes arrive, in whatever pieces (WHATWG HTML,
 * 9.2.6). Ids and retry times are of no use here and left out. Holds one event at most, of a
 * bounded size. Not thread-safe.
 */
final class SseParser {
  private static final int FIRST_CAPACITY = 512;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final int maxEventBytes;
  private final Sink sink;
  private final StringBuilder data = new StringBuilder();
  private String type = "";
  private boolean hasData;
  private byte[] line = new byte[FIRST_CAPACITY];
  private int length;
  private int eventBytes;
  private boolean afterCarriageReturn;
  private boolean firstLine = true;

  /** Takes the events. */
  interface Sink {
    /**
     * Takes one event.
     *
     * @param type empty where the stream names none
     * @throws IOException when it makes no sense
     */
    void event(String type, String data) throws IOException;
  }

  SseParser(int maxEventBytes, Sink sink) {
    this.maxEventBytes = maxEventBytes;
    this.sink = sink;
  }

  /**
   * Takes the next bytes.
   *
   * @throws IOException when an event is larger than allowed, or the sink throws it
   */
  void accept(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      if (next == '\n' && afterCarriageReturn) {
        afterCarriageReturn = false;
      } else if (next == '\n' || next == '\r') {
        afterCarriageReturn = next == '\r';
        endLine();
      } else {
        afterCarriageReturn = false;
        append(next);
      }
    }
  }

  /** The stream has ended. Some servers leave out the blank line after the last event. */
  void end() throws IOException {
    if (length > 0) {
      endLine();
    }
    dispatch();
  }

  private void append(byte next) throws IOException {
    if (++eventBytes > maxEventBytes) {
      throw new IOException("an event of the stream is too large");
    }
    if (length == line.length) {
      line = Arrays.copyOf(line, (int) Math.min(2L * length, maxEventBytes));
    }
    line[length++] = next;
  }

  private void endLine() throws IOException {
    int start = firstLine && startsWithByteOrderMark() ? BYTE_ORDER_MARK.length : 0;
    firstLine = false;
    int size = length - start;
    length = 0;
    if (size == 0) {
      dispatch();
    } else if (line[start] != ':') {
      field(new String(line, start, size, StandardCharsets.UTF_8));
    } else if (!hasData && type.isEmpty()) {
      eventBytes = 0; // nothing is held but the comment, which keeps the connection alive
    }
  }

  private boolean startsWithByteOrderMark() {
    int size = BYTE_ORDER_MARK.length;
    return length >= size && Arrays.equals(line, 0, size, BYTE_ORDER_MARK, 0, size);
  }

  private void field(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    String value = colon < 0 ? "" : text.substring(colon + 1);
    if (value.startsWith(" ")) {
      value = value.substring(1);
    }
    if (name.equals("data")) {
      data.append(hasData ? "\n" : "").append(value);
      hasData = true;
    } else if (name.equals("event")) {
      type = value;
    }
  }

  private void dispatch() throws IOException {
    String eventType = type;
    String eventData = data.toString();
    boolean isEvent = hasData;
    type = "";
    data.setLength(0);
    hasData = false;
    eventBytes = 0;
    if (isEvent) {
      sink.event(eventType, eventData);
    }
  }
}
