package io.promptbeam.local.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens the file that results go to. */
final class RunOutput {
  private static final int BUFFER_BYTES = 1 << 16;

  private RunOutput() {}

  /** {@code -} is standard output. */
  static OutputStream open(Terminal terminal, Path file, boolean force) {
    if ("-".equals(file.toString())) {
      return new BufferedOutputStream(terminal.out(), BUFFER_BYTES);
    }
    OpenOption[] options =
        force
            ? new OpenOption[] {
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING
            }
            : new OpenOption[] {StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW};
    try {
      return new BufferedOutputStream(Files.newOutputStream(file, options), BUFFER_BYTES);
    } catch (FileAlreadyExistsException e) {
      throw CliException.usage(
          file + " exists. Name another file with --out, or overwrite it with --force");
    } catch (IOException e) {
      throw CliException.environment(
          "cannot write " + file + ". Does its directory exist, and may you write there?");
    }
  }
}
