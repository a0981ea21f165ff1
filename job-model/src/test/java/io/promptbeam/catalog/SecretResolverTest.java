package io.promptbeam.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretResolverTest {
  private static final Map<String, String> VARIABLES =
      Map.of("KEY", "sk-abc", "EMPTY", " ", "TWO", "sk-abc\r\nX-Evil: 1");
  private final SecretResolver resolver =
      new SecretResolver(name -> Optional.ofNullable(VARIABLES.get(name)));

  @Test
  void resolve_readsVariableAndFile_withoutSurroundingWhiteSpace(@TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("key"), "  sk-file\n");

    assertThat(resolver.resolve(new SecretReference.Env("KEY"))).isEqualTo("sk-abc");
    assertThat(resolver.resolve(new SecretReference.File(file.toString()))).isEqualTo("sk-file");
  }

  @Test
  void resolve_namesTheReference_whenThereIsNoKey(@TempDir Path folder) {
    assertThatThrownBy(() -> resolver.resolve(new SecretReference.Env("NONE")))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageStartingWith("env:NONE is not set");
    assertThatThrownBy(() -> resolver.resolve(new SecretReference.Env("EMPTY")))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageStartingWith("env:EMPTY is empty");
    assertThatThrownBy(() -> resolver.resolve(new SecretReference.File(folder + "/none")))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageStartingWith("file:" + folder + "/none cannot be read");
  }

  @Test
  void resolve_neverShowsTheValue_whenItCannotBeAHeader() {
    assertThatThrownBy(() -> resolver.resolve(new SecretReference.Env("TWO")))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageStartingWith("env:TWO holds")
        .hasMessageNotContaining("sk-abc");
  }

  @Test
  void parse_readsBackItsOwnText() {
    for (String text :
        new String[] {"env:A_1", "file:/etc/key", "sm://my-project/key", "sm://my-project/k/3"}) {
      assertThat(SecretReference.parse(text).orElseThrow().text()).isEqualTo(text);
    }
  }
}
