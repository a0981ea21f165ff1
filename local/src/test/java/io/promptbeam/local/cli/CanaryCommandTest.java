package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key that nobody else has, in every place a user may put it by mistake. */
class CanaryCommandTest {
  private static final String KEY = "canaryCommandKey0123456789";
  private static final String NOBODY = "http://127.0.0.1:1";

  private final Path home;

  CanaryCommandTest(@TempDir Path home) {
    this.home = home;
  }

  private void assertSecret(Map<String, String> environment, String... arguments)
      throws IOException {
    Console console = new Console(environment);
    assertThat(console.run(arguments)).as(String.join(" ", arguments)).isNotZero();
    assertThat(console.err()).isNotEmpty();
    assertThat(console.out() + console.err()).doesNotContain(KEY);
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".log")).toList()) {
        assertThat(Files.readString(file)).doesNotContain(KEY);
      }
    }
  }

  private Map<String, String> environment(String key) {
    return Map.of("PROMPTBEAM_HOME", home.toString(), "PROMPTBEAM_API_KEY", key);
  }

  @Test
  void key_isNotRepeated_whenTheServiceIsNotThere() throws Exception {
    assertSecret(environment(KEY), "submit", "--url", NOBODY, "hello");
    assertSecret(environment(""), "list", "--url", NOBODY, "--api-key", KEY);
    Path file = Files.writeString(home.resolve("key"), KEY);
    assertSecret(environment(""), "list", "--url", NOBODY, "--api-key", "file:" + file);
  }

  @Test
  void key_isNotRepeated_whenItCannotBeAHeader() throws Exception {
    for (String broken : List.of(KEY + "\n" + KEY, KEY + "\u0001", "\u00e9" + KEY, KEY + " x")) {
      assertSecret(environment(broken), "list", "--url", NOBODY);
      assertSecret(environment(""), "list", "--url", NOBODY, "--api-key", broken);
    }
  }

  @Test
  void key_isNotRepeated_whenAFileHoldsItInTheWrongPlace() throws Exception {
    Path models =
        Files.writeString(
            home.resolve("models.yaml"),
            "models: [{id: m, provider: openai, api_key: " + KEY + ", upstream_model: m}]\n");
    assertSecret(environment(""), "up", "--models", models.toString(), "--port", "0");
    Path keys = Files.writeString(home.resolve("keys"), KEY + "\n");
    assertSecret(environment(""), "up", "--api-keys", keys.toString(), "--port", "0");
  }
}
