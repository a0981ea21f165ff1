package io.promptbeam.schema;

import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.regex.RegularExpression;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what one validation may cost: schema and answer come from strangers, and small ones can
 * take years, by keywords that multiply or patterns that backtrack. Not thread-safe; the patterns'
 * share is counted for the thread that validates.
 */
final class Effort extends ExecutionContext {
  private static final ThreadLocal<@Nullable Effort> CURRENT = new ThreadLocal<>();

  /** The validation costs more than it may. */
  static final class Exceeded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exceeded() {
      super("the validation takes too long", null, false, false);
    }
  }

  private long keywordsLeft;
  private long charsLeft;

  /**
   * @param keywords evaluated at most
   * @param chars looked at by patterns at most, each as often as it is looked at
   */
  Effort(long keywords, long chars) {
    keywordsLeft = keywords;
    charsLeft = chars;
  }

  /** Each keyword asks for it when it is evaluated, to see whether it is to be logged. */
  @Override
  public ExecutionConfig getExecutionConfig() {
    keywordsLeft--;
    if (keywordsLeft < 0) {
      throw new Exceeded();
    }
    return super.getExecutionConfig();
  }

  /** Also when a keyword took the exception for an answer that does not match. */
  boolean isExceeded() {
    return keywordsLeft < 0 || charsLeft < 0;
  }

  /** Runs {@code validation}, with patterns counted here. */
  void during(Runnable validation) {
    CURRENT.set(this);
    try {
      validation.run();
    } finally {
      CURRENT.remove();
    }
  }

  private void charSeen() {
    charsLeft--;
    if (charsLeft < 0) {
      throw new Exceeded();
    }
  }

  /**
   * A {@code pattern} of a schema.
   *
   * @throws java.util.regex.PatternSyntaxException when it is none
   */
  static RegularExpression pattern(String regex) {
    Pattern pattern = Pattern.compile(regex);
    return text -> pattern.matcher(new CountedText(CURRENT.get(), text, 0, text.length())).find();
  }

  private record CountedText(@Nullable Effort effort, String text, int from, int to)
      implements CharSequence {
    @Override
    public int length() {
      return to - from;
    }

    @Override
    public char charAt(int index) {
      if (effort != null) {
        effort.charSeen();
      }
      return text.charAt(from + index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new CountedText(effort, text, from + start, from + end);
    }

    @Override
    public String toString() {
      return text.substring(from, to);
    }
  }
}
