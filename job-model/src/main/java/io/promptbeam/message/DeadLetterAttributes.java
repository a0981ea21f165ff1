package io.promptbeam.message;

/** The attributes of a message on the dead-letter topic. Stored: add, do not rename. */
public final class DeadLetterAttributes {
  /** What all of them begin with; a message that goes back to the jobs topic has none of them. */
  public static final String PREFIX = "promptbeam-";

  /** A stable code. */
  public static final String REASON = PREFIX + "reason";

  /** For a person. */
  public static final String DETAIL = PREFIX + "detail";

  /** The field that was wrong, where its name is ours. */
  public static final String FIELD = PREFIX + "field";

  /** How long the payload was before it lost its end; absent when it is whole. */
  public static final String TRUNCATED_FROM_BYTES = PREFIX + "truncated-from-bytes";

  private DeadLetterAttributes() {}
}
