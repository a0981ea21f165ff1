package io.promptbeam.batch;

import java.io.Serializable;

/**
 * What a batch asks of one model, as estimated before any call.
 *
 * @param outputTokens what the requests allow, or else usual
 */
public record ModelLoad(long lines, long inputTokens, long outputTokens) implements Serializable {
  private static final long serialVersionUID = 1L;

  public static final ModelLoad NONE = new ModelLoad(0, 0, 0);

  public ModelLoad plus(ModelLoad other) {
    return new ModelLoad(
        lines + other.lines, inputTokens + other.inputTokens, outputTokens + other.outputTokens);
  }

  public long tokens() {
    return inputTokens + outputTokens;
  }

  /** A part of it, 0 to 1; lines are rounded up. */
  public ModelLoad part(double part) {
    return new ModelLoad(
        (long) Math.ceil(lines * part),
        Math.round(inputTokens * part),
        Math.round(outputTokens * part));
  }
}
