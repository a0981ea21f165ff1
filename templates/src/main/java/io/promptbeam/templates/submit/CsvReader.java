package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * CSV with a header row, in UTF-8, quoted as of RFC 4180. Rows are counted without the header;
 * empty lines are no rows.
 *
 * <p>Bytes are parsed as ISO 8859-1, which loses none: delimiters, quotes and ends of lines are no
 * part of any other character in UTF-8. So a value that is not UTF-8 spoils its own row only.
 */
final class CsvReader implements RowReader {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final CSVFormat format;

  CsvReader(char delimiter) {
    format = CSVFormat.DEFAULT.builder().setDelimiter(delimiter).setIgnoreEmptyLines(true).get();
  }

  /** Fails where a quote that is missing would make one row of all that follows. */
  private static final class RowBytes extends FilterInputStream {
    private long left = MAX_ROW_BYTES;

    RowBytes(InputStream in) {
      super(in);
    }

    void nextRow() {
      left = MAX_ROW_BYTES;
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      left--;
      return one;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left < 0) {
        throw new UnreadableFileException("a row has more than " + MAX_ROW_BYTES + " bytes");
      }
      int count = super.read(into, offset, length);
      left -= count;
      return count;
    }
  }

  @Override
  public void read(InputStream file, Set<String> columns, Rows rows) throws IOException {
    RowBytes bytes = new RowBytes(withoutMark(file));
    long number = 0;
    try (CSVParser parser =
        CSVParser.parse(new InputStreamReader(bytes, StandardCharsets.ISO_8859_1), format)) {
      Iterator<CSVRecord> records = parser.iterator();
      if (!records.hasNext()) {
        throw new UnreadableFileException("it is empty; its first row must name the columns");
      }
      List<String> header = header(records.next());
      RowReader.requireColumns(columns, header);
      while (next(records, bytes)) {
        number++;
        take(number, header, records.next(), rows);
      }
    } catch (UncheckedIOException | IllegalStateException e) {
      throw new UnreadableFileException(
          "it cannot be read after row " + number + "; is a quote missing, or one too many?", e);
    }
  }

  private static boolean next(Iterator<CSVRecord> records, RowBytes bytes) {
    bytes.nextRow();
    return records.hasNext();
  }

  private static InputStream withoutMark(InputStream file) throws IOException {
    InputStream in = new BufferedInputStream(file);
    in.mark(3);
    byte[] first = in.readNBytes(3);
    boolean marked =
        first.length == 3
            && first[0] == (byte) 0xEF
            && first[1] == (byte) 0xBB
            && first[2] == (byte) 0xBF;
    if (!marked) {
      in.reset();
    }
    return in;
  }

  private static List<String> header(CSVRecord record) throws UnreadableFileException {
    List<String> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String each : record) {
      try {
        String name = utf8(each).strip();
        if (!name.isEmpty() && !seen.add(name)) {
          throw new UnreadableFileException("it has two columns '" + name + "'");
        }
        names.add(name);
      } catch (CharacterCodingException e) {
        throw new UnreadableFileException("its header is not UTF-8", e);
      }
    }
    return names;
  }

  private static void take(long number, List<String> header, CSVRecord record, Rows rows) {
    if (record.size() != header.size()) {
      rows.unreadable(
          number,
          "It has " + record.size() + " columns, the header " + header.size() + ".",
          shown(record));
      return;
    }
    ObjectNode columns = NODES.objectNode();
    for (int i = 0; i < header.size(); i++) {
      // As some programs write the column of row numbers.
      if (!header.get(i).isEmpty()) {
        try {
          columns.put(header.get(i), utf8(record.get(i)));
        } catch (CharacterCodingException e) {
          rows.unreadable(number, "Column " + header.get(i) + " is not UTF-8.", shown(record));
          return;
        }
      }
    }
    rows.row(number, columns);
  }

  private static String utf8(String latin) throws CharacterCodingException {
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(latin.getBytes(StandardCharsets.ISO_8859_1)))
        .toString();
  }

  private static String shown(CSVRecord record) {
    ArrayNode values = NODES.arrayNode();
    for (String each : record) {
      values.add(new String(each.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    }
    return values.toString();
  }
}
