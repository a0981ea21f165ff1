package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.local.browser.Browser.Screen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a file to a batch, its results and another batch of what failed. */
abstract class BatchChecks extends ConsoleChecks {
  private static final String CREATE = "form button[type=submit]";
  private static final String CHOSEN = ".drop p[aria-live]";
  private static final String MALICIOUS = "<script>window.hit = 1</script>";

  @TempDir private Path folder;

  private static String line(String id, String model, String content) {
    return """
    {"custom_id":"%s","method":"POST","url":"/v1/chat/completions",\
    "body":{"model":"%s","messages":[{"role":"user","content":"%s"}]}}
    """
        .formatted(id, model, content);
  }

  private static String lines(int count, String model) {
    return IntStream.range(0, count)
        .mapToObj(i -> line(model + i, model, MALICIOUS + i))
        .collect(Collectors.joining());
  }

  private void pick(String content) throws IOException {
    Path file = Files.writeString(folder.resolve("requests.jsonl"), content);
    // Waits until it is there, which see() would not: the browser draws it in its own way.
    waitUntil("there is a place for a file", () -> !all("input[type=file]").isEmpty());
    all("input[type=file]").get(0).sendKeys(file.toString());
    see(CHOSEN, "requests.jsonl");
  }

  /** As a browser tells the page of a file that is let go over it. */
  private static void drop(String name, String content) {
    see(".drop");
    script(
        "const data = new DataTransfer(); data.items.add(new File([arguments[1]], arguments[0]));"
            + "const place = document.querySelector('.drop');"
            + "for (const kind of ['dragenter', 'dragover', 'drop']) place.dispatchEvent("
            + "new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}))",
        name,
        content);
    see(CHOSEN, name);
  }

  @Test
  void batch_runs_andItsFailuresRunAgain() throws Exception {
    open("#/batches");
    pick(lines(9, "tells") + lines(3, "refuses"));
    clickText("Check only");
    see(".good", "All 12 lines are valid");
    assertThat(text(".facts")).contains("Lines\n12", "Cost, at most");
    assertAccessible("what a check found");
    browser().screenshot("batch-checked");

    click(CREATE);

    see(".card .badge-completed");
    see(".card", "12 of 12");
    assertThat(text(".facts")).contains("Completed\n9", "Failed\n3", "$0.018");
    assertThat(text("main")).contains("batch_");
    waitUntil("its lines are shown", () -> all("tbody tr").size() == 12);
    click("tbody tr:first-child summary");
    see("tbody .prose", MALICIOUS + "0");
    assertThat(script("return window.hit ?? null")).isNull();
    assertThat(all("main script")).isEmpty();
    assertAccessible("a batch");
    browser().screenshot("batch");
    browser().show(Screen.PHONE, false);
    assertThat(browser().overflow()).isZero();
    browser().show(Screen.DESKTOP, false);

    choose("#line-status", "failed");
    waitUntil("its failed lines are shown", () -> all("tbody tr").size() == 3);
    Saved.watch();
    clickText("Download output");
    assertThat(Saved.next()).hasLineCount(9).contains("\"custom_id\":\"tells0\"");
    clickText("Download errors");
    assertThat(Saved.next()).hasLineCount(3).contains("\"custom_id\":\"refuses0\"");

    retryWithAnotherModel();
  }

  private static void retryWithAnotherModel() {
    clickText("Retry failures…");
    see("dialog", "failed (3)");
    type("dialog [name=model]", "no such model");
    click("dialog button[type=submit]");
    see("dialog [data-field=model] .field-error", "No model of this id");
    browser().screenshot("batch-retry");
    type("dialog [name=model]", "tells");
    click("dialog button[type=submit]");
    see(".card", "3 of 3");
    see(".card .badge-completed");
    see(".facts", "Retry of");

    open("#/batches");
    see("tbody", "12 of 12");
    assertThat(text("tbody tr:first-child")).contains("3 of 3", "completed", "$");
    assertAccessible("batches");
    browser().screenshot("batches");
  }

  @Test
  void droppedFile_isChecked_andItsBadLinesNamed() {
    open("#/batches");
    click(CREATE);
    see("[data-field=file] .field-error", "Choose a file");
    drop("poem.jsonl", "Roses are red\n");
    see("[data-field=file] .field-error", "not JSON");
    drop("bad.jsonl", line("a", "tells", "x") + line("a", "tells", "y") + line("b", "gone", "z"));

    clickText("Check only");

    see(".problems", "Line 2: Another line before this one has the same custom_id.");
    see(".problems", "Line 3: No model of this id");
    type("[name=completion_window]", "soon");
    click(CREATE);
    see("[data-field=completion_window] .field-error", "90m, 24h or 7d");
    type("[name=completion_window]", "24h");
    click(CREATE);
    see(".card .badge-failed");
    see(".error-panel", "nothing was run");
    browser().screenshot("batch-bad-lines");
  }

  @Test
  void batch_isCancelled_onceThatIsConfirmed() {
    open("#/batches");
    drop("slow.jsonl", lines(4, "slow"));
    click(CREATE);
    see(".card .badge-processing");

    clickText("Cancel");
    clickText("Keep as is");
    seeNot("dialog");
    clickText("Cancel");
    clickText("Cancel the batch");

    see(".card .badge-cancelled");
  }

  @Test
  void batchesOfAnotherOwner_areSeenByAdminsOnly() {
    signedInWith(stage().ownerKey());
    open("#/batches");
    drop("ann.jsonl", lines(2, "tells"));
    click(CREATE);
    see(".card .badge-completed");
    String id = text("main p > code");
    script("location.hash = '#/batches'");
    see("tbody", "2 of 2");
    assertThat(all("#batch-owner")).isEmpty();

    signedInWith(stage().adminKey());
    open("#/batches");
    type("#batch-owner", ConsoleStage.OWNER);

    see("tbody a[href='#/batches/" + id + "']");
    click("tbody a[href='#/batches/" + id + "']");
    see(".card", "2 of 2");
  }

  @Test
  void unknownBatch_isSaid() {
    open("#/batches/batch_000000000000000000000000");

    see(".error-panel", "Status 404");
  }

  @Test
  void upload_showsHowFarItIs_andIsStopped() throws Exception {
    open("#/batches");
    pick(line("big", "tells", "x".repeat(4_000_000)));
    uploadAtMost(200_000);
    try {
      click(CREATE);
      see("progress");
      see("main form .hint", "% of 4.0 MB");
      browser().screenshot("batch-upload");

      clickText("Stop");

      seeNot("progress");
    } finally {
      uploadAtMost(-1);
    }
    assertThat(String.valueOf(script("return location.hash"))).isEqualTo("#/batches");
    assertThat(see(CREATE).isEnabled()).isTrue();
  }

  /** Bytes a second; less than 0: as fast as it goes. */
  private static void uploadAtMost(int bytesPerSecond) {
    browser().driver().executeCdpCommand("Network.enable", Map.of());
    browser()
        .driver()
        .executeCdpCommand(
            "Network.emulateNetworkConditions",
            Map.of(
                "offline",
                false,
                "latency",
                0,
                "downloadThroughput",
                -1,
                "uploadThroughput",
                bytesPerSecond));
  }
}
