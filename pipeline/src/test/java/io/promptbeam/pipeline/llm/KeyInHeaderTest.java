package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.SecretReference;
import io.promptbeam.catalog.SecretResolver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyInHeaderTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @SuppressWarnings("NullAway.Init") // set before each test
  private Path file;

  private final SettableClock clock = new SettableClock();
  private final Deque<Runnable> background = new ArrayDeque<>();

  @BeforeEach
  void writeKey() throws IOException {
    file = Files.writeString(folder.resolve("key"), "sk-old");
  }

  @Test
  void rotatedKey_isTakenOver_onceTheOldOneIsRefused() throws IOException {
    KeyInHeader key = key(new SecretReference.File(file.toString()));
    assertThat(key.headers().join()).containsEntry("x-api-key", "sk-old");
    Files.writeString(file, "sk-new");

    assertThat(key.refused()).isTrue();
    assertThat(key.refused()).isTrue();
    assertThat(background).hasSize(1);
    background.pop().run();

    assertThat(key.headers().join()).containsEntry("x-api-key", "sk-new");
    // Calls in flight are still refused for the old one, and may quote it.
    assertThat(key.secrets()).containsExactly("sk-new", "sk-old");
    for (int straggler = 0; straggler < 3; straggler++) {
      assertThat(key.refused()).isTrue();
      assertThat(background).isEmpty();
    }
    clock.advance(Duration.ofSeconds(61));
    assertThat(key.refused()).isTrue();
    background.pop().run();
    assertThat(key.refused()).isFalse();
  }

  @Test
  void wrongKey_isBelievedWrong_untilTheTimeToReadAgain() {
    KeyInHeader key = key(new SecretReference.File(file.toString()));
    assertThat(key.refused()).isTrue();
    background.pop().run();

    assertThat(key.refused()).isFalse();
    clock.advance(Duration.ofSeconds(61));
    assertThat(key.refused()).isTrue();
  }

  @Test
  void key_stays_whenNoOtherCanBeRead() throws IOException {
    KeyInHeader key = key(new SecretReference.File(file.toString()));
    Files.delete(file);
    assertThat(key.refused()).isTrue();
    background.pop().run();

    assertThat(key.headers().join()).containsEntry("x-api-key", "sk-old");
    assertThat(key.refused()).isFalse();
  }

  @Test
  void keyOfTheEnvironment_isNotReadAgain() {
    assertThat(key(new SecretReference.Env("KEY")).refused()).isFalse();
    assertThat(background).isEmpty();
  }

  private KeyInHeader key(SecretReference reference) {
    return new KeyInHeader(
        "x-api-key",
        "",
        reference,
        new SecretResolver(name -> Optional.of("sk-env")),
        clock,
        background::add);
  }
}
