package io.promptbeam.job;

import java.util.Optional;

/**
 * Why a job did not complete.
 *
 * @param code stable and lower case, see {@link ErrorCodes}; what a program may branch on
 * @param message for a person; never holds a secret or a prompt
 * @param providerStatus the provider's HTTP status, where one was received
 */
public record JobError(String code, String message, Optional<Integer> providerStatus) {
  private static final int MAX_MESSAGE_CHARS = 1_000;

  public JobError {
    if (message.length() > MAX_MESSAGE_CHARS) {
      message = message.substring(0, MAX_MESSAGE_CHARS - 1) + "…";
    }
  }

  public static JobError of(String code, String message) {
    return new JobError(code, message, Optional.empty());
  }
}
