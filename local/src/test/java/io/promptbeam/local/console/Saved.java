package io.promptbeam.local.console;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a page hands out as files, read in the page: nothing is written to a disk. */
final class Saved {
  private Saved() {}

  /** From now on, until another page is loaded. */
  static void watch() {
    ConsoleChecks.browser()
        .driver()
        .executeCdpCommand("Browser.setDownloadBehavior", Map.of("behavior", "deny"));
    ConsoleChecks.script(
        "window.saved = []; const make = URL.createObjectURL.bind(URL);"
            + "URL.createObjectURL = (blob) => {"
            + " blob.text().then((text) => window.saved.push(text)); return make(blob); };");
  }

  /** The next file's text; it is not shown again. */
  static String next() {
    ConsoleChecks.waitUntil(
        "a file is saved", () -> !((List<?>) list("return window.saved")).isEmpty());
    return String.valueOf(list("return [window.saved.shift()]").get(0));
  }

  private static List<?> list(String script) {
    @Nullable Object found = ConsoleChecks.script(script);
    return (List<?>) Objects.requireNonNull(found);
  }
}
