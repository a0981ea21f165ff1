package io.promptbeam.submit;

/** Text that is no JSON we take. The message never quotes the text, which may hold a prompt. */
public final class MalformedJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String what;
  private final int line;
  private final int column;

  /**
   * @param what completes "the body …"
   * @param line counted from 1
   * @param column counted from 1
   */
  public MalformedJsonException(String what, int line, int column) {
    super(what + " (line " + line + ", column " + column + ")");
    this.what = what;
    this.line = line;
    this.column = column;
  }

  /** The message without the position, for texts that have a position of their own. */
  public String what() {
    return what;
  }

  public int line() {
    return line;
  }

  public int column() {
    return column;
  }
}
