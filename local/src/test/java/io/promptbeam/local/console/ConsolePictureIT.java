package io.promptbeam.local.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.local.Await;
import io.promptbeam.local.browser.Browser;
import io.promptbeam.local.browser.Browser.Screen;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.openqa.selenium.By;

/** Makes the README's picture of the console, with some minutes of traffic in it. */
@EnabledIfSystemProperty(named = "promptbeam.console.picture", matches = ".+")
class ConsolePictureIT {
  private static final int MAX_BYTES = 200_000;
  private static final Duration TRAFFIC = Duration.ofSeconds(150);
  private static final String MODELS =
      """
      models:
        - id: mini
          provider: simulated
          requests_per_minute: 1500
          tokens_per_minute: 400000
          price_per_million_tokens: {input: 0.15, cached_input: 0.075, output: 0.60}
          simulated: {seed: 1, latency_ms_median: 420, latency_sigma: 0.4, error_rate: 0.01}
        - id: large
          provider: simulated
          requests_per_minute: 240
          max_in_flight: 20
          price_per_million_tokens: {input: 3.00, output: 15.00}
          simulated: {seed: 2, latency_ms_median: 1900, latency_sigma: 0.35, error_rate: 0.02}
        - id: in-house
          provider: simulated
          max_in_flight: 12
          simulated: {seed: 3, latency_ms_median: 900, latency_sigma: 0.3}
      """;

  @Test
  void picture_isMade() throws Exception {
    Path picture =
        Path.of(Objects.requireNonNull(System.getProperty("promptbeam.console.picture")));
    ScheduledExecutorService traffic = Executors.newSingleThreadScheduledExecutor();
    try (ConsoleStage stage = ConsoleStage.open(MODELS)) {
      ConsoleChecks.setStage(stage);
      AtomicInteger ticks = new AtomicInteger();
      var unused =
          traffic.scheduleAtFixedRate(
              () -> submit(stage, ticks.getAndIncrement()), 0, 500, TimeUnit.MILLISECONDS);
      Browser browser = stage.browser();
      browser.show(new Screen(1440, 900, false), false);
      ConsoleChecks.signedInWith(stage.adminKey());
      ConsoleChecks.open("#/overview");
      Await.until(
          "there is enough to see",
          TRAFFIC.plusSeconds(30),
          () -> ticks.get() / 2,
          seconds -> seconds >= TRAFFIC.toSeconds());
      browser.await(By.cssSelector(".chart"));
      Path shot = browser.screenshot("console-readme");
      assertThat(Files.size(shot)).isLessThan(MAX_BYTES);
      Files.copy(shot, picture, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      traffic.shutdownNow();
      ConsoleChecks.setStage(null);
    }
  }

  /** Half a second's jobs, in waves. */
  private static void submit(ConsoleStage stage, int tick) {
    double wave = 1 + 0.6 * Math.sin(tick / 25.0);
    for (int i = 0; i < 8 * wave; i++) {
      String priority = i % 3 == 0 ? "interactive" : "batch";
      String more = "{\"priority\": \"" + priority + "\"}";
      stage.submit("mini", "Summarize ticket " + tick + "-" + i + " in one sentence.", more);
      if (i % 4 == 0) {
        stage.submit(
            "large", "What does the customer of ticket " + tick + "-" + i + " want?", more);
      }
      if (i % 3 == 0) {
        stage.submit("in-house", "Which product is ticket " + tick + "-" + i + " about?", more);
      }
    }
  }
}
