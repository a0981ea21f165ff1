package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogWorkerFactoryTest {
  @Test
  void open_leavesNoThreadBehind_whenItFails(@TempDir Path folder) throws Exception {
    Path models =
        Files.writeString(
            folder.resolve("models.yaml"),
            """
            models:
              - id: demo
                provider: simulated
            """);
    var factory = new CatalogWorkerFactory("not a target", models.toString(), JobEvents.OFF);
    Set<Thread> before = threads();

    assertThatThrownBy(factory::open).hasMessageContaining("a Bigtable target is");

    for (Thread thread : threads()) {
      // The JDK's HTTP client has no close: its threads end with its garbage.
      if (!before.contains(thread) && !thread.getName().startsWith("HttpClient-")) {
        thread.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .collect(Collectors.toSet());
  }
}
