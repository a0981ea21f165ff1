package io.promptbeam.local.run;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Reads an input file line by line: UTF-8, with or without a byte order mark, LF or CRLF, blank
 * lines skipped. A line that cannot be used is answered as rejected and never stops the others. Not
 * thread-safe; keeps the custom ids it has seen, and nothing else.
 */
public final class JobLines implements AutoCloseable {
  /** What a stored request may hold. */
  static final int MAX_LINE_BYTES = 9_000_000;

  private final InputStream in;
  private final LineSplitter lines;
  private final Set<String> customIds = new HashSet<>();

  public JobLines(InputStream in) {
    this(in, MAX_LINE_BYTES);
  }

  JobLines(InputStream in, int maxLineBytes) {
    this.in = in;
    this.lines = new LineSplitter(in, maxLineBytes);
  }

  /** The next line that is not blank; empty at the end. */
  public Optional<InputLine> next() throws IOException {
    Optional<LineSplitter.Line> line = lines.next();
    while (line.isPresent() && isBlank(line.get())) {
      line = lines.next();
    }
    return line.map(this::read);
  }

  private static boolean isBlank(LineSplitter.Line line) {
    if (line.bytes().isEmpty()) {
      return false;
    }
    for (byte b : line.bytes().get()) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private InputLine read(LineSplitter.Line line) {
    long number = line.number();
    if (line.bytes().isEmpty()) {
      return new InputLine.Rejected(
          number, Optional.empty(), "too_large", "the line is longer than 9 MB");
    }
    try {
      InputLine.Accepted accepted = LineParser.parse(number, line.bytes().get());
      return customIds.add(accepted.customId())
          ? accepted
          : new InputLine.Rejected(
              number,
              Optional.of(accepted.customId()),
              "duplicate_custom_id",
              "an earlier line has the same custom_id");
    } catch (InvalidLineException e) {
      return e.at(number);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
