package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.access.Scope;
import io.promptbeam.api.http.Caller;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiKeysTest {
  private static String hash(String key) {
    return Sha256.hex(key.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void file_givesEachKeyItsOwner(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("keys");
    Files.writeString(
        file,
        "# callers\n\nann "
            + hash("a")
            + "\n  bob\t"
            + hash("b").toUpperCase(Locale.ROOT)
            + "\nann "
            + hash("c"));
    ApiKeys keys = ApiKeys.read(file);
    assertThat(keys.callerOf("a")).contains(Caller.of(new Owner("ann")));
    assertThat(keys.callerOf("b")).contains(Caller.of(new Owner("bob")));
    assertThat(keys.callerOf("c")).contains(Caller.of(new Owner("ann")));
    assertThat(keys.callerOf("")).isEmpty();
    assertThat(keys.callerOf(hash("a"))).isEmpty();
  }

  @Test
  void line_givesScopes_andNeverAdminUnlessItSaysSo() {
    ApiKeys keys =
        ApiKeys.parse(
            List.of(
                "ann " + hash("a"), "bob " + hash("b") + " read", "ops " + hash("c") + " admin"),
            "keys");
    assertThat(keys.callerOf("a").orElseThrow().scopes())
        .containsExactlyInAnyOrder(Scope.SUBMIT, Scope.READ);
    assertThat(keys.callerOf("b").orElseThrow().scopes()).containsExactly(Scope.READ);
    assertThat(keys.callerOf("c").orElseThrow().isAdmin()).isTrue();
  }

  @Test
  void wrongLine_isNamed_withoutItsText() {
    for (String line :
        List.of("ann", "ann secret", "ann " + hash("a") + " x", "sec/ret " + hash("a"))) {
      assertThatThrownBy(() -> ApiKeys.parse(List.of("# x", line), "keys.txt"))
          .as(line)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("keys.txt, line 2")
          .hasMessageNotContaining("secret")
          .hasMessageNotContaining("sec/ret");
    }
  }

  @Test
  void keyOfTwoOwners_isRefused() {
    assertThatThrownBy(() -> ApiKeys.parse(List.of("ann " + hash("a"), "bob " + hash("a")), "keys"))
        .hasMessageContaining("line 2");
  }

  @Test
  void emptyFile_isRefused() {
    assertThatThrownBy(() -> ApiKeys.parse(List.of("# none"), "keys"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
