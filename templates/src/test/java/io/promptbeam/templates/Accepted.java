package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files in the repository that are made from code, so that a review sees what a change does. */
final class Accepted {
  static final String COMMAND =
      "mvn -q -B test -pl templates -am -Dtest='TemplateFilesTest,DataflowGraphTest'"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dpromptbeam.accept";

  private Accepted() {}

  /** Fails if the file says anything else; writes it instead when told to accept. */
  static void check(Path file, String expected, String meaning) throws IOException {
    if (System.getProperty("promptbeam.accept") != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, expected);
    }
    String committed = Files.exists(file) ? Files.readString(file) : "";
    assertThat(committed)
        .as("%s is stale. %s Write it anew, and commit it, with:%n  %s%n", file, meaning, COMMAND)
        .isEqualTo(expected);
  }
}
