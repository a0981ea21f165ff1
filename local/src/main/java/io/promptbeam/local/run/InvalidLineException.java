package io.promptbeam.local.run;

import java.util.Optional;

/** A line that cannot become a job; the message says why and never quotes the line. */
final class InvalidLineException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String reason;
  private final transient Optional<String> customId;

  InvalidLineException(String code, String reason) {
    this(code, reason, Optional.empty());
  }

  private InvalidLineException(String code, String reason, Optional<String> customId) {
    super(reason);
    this.code = code;
    this.reason = reason;
    this.customId = customId;
  }

  /** The same, of the line that calls itself {@code id}. */
  InvalidLineException of(String id) {
    return new InvalidLineException(code, reason, Optional.of(id));
  }

  InputLine.Rejected at(long number) {
    return new InputLine.Rejected(number, customId, code, reason);
  }
}
