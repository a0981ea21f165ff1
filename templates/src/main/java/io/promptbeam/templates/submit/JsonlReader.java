package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** A JSON object a line; rows have the numbers of their lines. */
final class JsonlReader implements RowReader {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int SHOWN_CHARS = 10_000;

  @Override
  public void read(InputStream file, Set<String> columns, Rows rows) throws IOException {
    InputStream in = new BufferedInputStream(file, BUFFER_BYTES);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long number = 1;
    boolean tooLong = false;
    for (int next = in.read(); ; next = in.read()) {
      if (next == '\n' || next < 0) {
        take(number, line.toByteArray(), tooLong, rows);
        if (next < 0) {
          return;
        }
        line.reset();
        tooLong = false;
        number++;
      } else if (line.size() < MAX_ROW_BYTES) {
        line.write(next);
      } else {
        tooLong = true;
      }
    }
  }

  private static void take(long number, byte[] line, boolean tooLong, Rows rows) {
    byte[] json = number == 1 ? withoutMark(line) : line;
    if (isBlank(json)) {
      return;
    }
    if (tooLong) {
      rows.unreadable(number, "The line has more than " + MAX_ROW_BYTES + " bytes.", "null");
      return;
    }
    try {
      JsonNode value = StrictJson.read(json);
      if (value instanceof ObjectNode object) {
        rows.row(number, object);
      } else {
        rows.unreadable(number, "The line is not a JSON object.", shown(json));
      }
    } catch (MalformedJsonException e) {
      rows.unreadable(number, "The line " + e.what() + ".", shown(json));
    }
  }

  private static byte[] withoutMark(byte[] line) {
    boolean marked =
        line.length >= 3
            && line[0] == (byte) 0xEF
            && line[1] == (byte) 0xBB
            && line[2] == (byte) 0xBF;
    return marked ? Arrays.copyOfRange(line, 3, line.length) : line;
  }

  private static boolean isBlank(byte[] line) {
    for (byte each : line) {
      if (each != ' ' && each != '\t' && each != '\r') {
        return false;
      }
    }
    return true;
  }

  private static String shown(byte[] line) {
    String text = new String(line, StandardCharsets.UTF_8);
    return TextNode.valueOf(text.substring(0, Math.min(text.length(), SHOWN_CHARS))).toString();
  }
}
