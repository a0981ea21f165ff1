package io.promptbeam.pipeline.quota;

/**
 * Tokens of one call, estimated or used.
 *
 * @param input 0 or more
 * @param output 0 or more
 */
public record TokenAmount(long input, long output) {
  public static final TokenAmount NONE = new TokenAmount(0, 0);

  public TokenAmount {
    if (input < 0 || output < 0) {
      throw new IllegalArgumentException("no call has fewer than no tokens");
    }
  }

  public long total() {
    return input + output;
  }
}
