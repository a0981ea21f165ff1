package io.promptbeam.templates.submit;

import java.io.IOException;

/** A file that is not what it should be. Its message goes on after the file's name. */
final class UnreadableFileException extends IOException {
  private static final long serialVersionUID = 1L;

  UnreadableFileException(String message) {
    super(message);
  }

  UnreadableFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
