package io.promptbeam.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogSourceTest {
  private static final String MODEL =
      "models:\n  - {id: a, provider: simulated, requests_per_minute: %s}\n";
  private static final Instant WRITTEN = Instant.parse("2026-01-05T10:00:00Z");

  private static Path write(Path folder, String limit, Instant at) throws Exception {
    Path file = Files.writeString(folder.resolve("models.yaml"), MODEL.formatted(limit));
    Files.setLastModifiedTime(file, FileTime.from(at));
    return file;
  }

  private static long limit(ModelCatalog catalog) {
    return catalog.find("a").orElseThrow().limits().requestsPerMinute();
  }

  @Test
  void look_putsTheChangedFileInForce_andTellsListeners(@TempDir Path folder) throws Exception {
    Path file = write(folder, "60", WRITTEN);
    List<Long> heard = new ArrayList<>();
    try (var source =
        CatalogSource.following(() -> ModelCatalogLoader.load(file), Duration.ofDays(1))) {
      source.onChange(catalog -> heard.add(limit(catalog)));
      assertThat(limit(source.get())).isEqualTo(60);
      assertThat(source.get().configuredAt()).isEqualTo(WRITTEN);

      source.look();
      write(folder, "120", WRITTEN.plusSeconds(1));
      source.look();
      source.look();

      assertThat(limit(source.get())).isEqualTo(120);
      assertThat(heard).containsExactly(120L);
    }
  }

  @Test
  void look_keepsTheCatalog_whenTheFileHasBecomeInvalid(@TempDir Path folder) throws Exception {
    Path file = write(folder, "60", WRITTEN);
    try (var source =
        CatalogSource.following(() -> ModelCatalogLoader.load(file), Duration.ofDays(1))) {
      write(folder, "none", WRITTEN.plusSeconds(1));
      source.look();
      assertThat(limit(source.get())).isEqualTo(60);

      write(folder, "90", WRITTEN.plusSeconds(2));
      source.look();
      assertThat(limit(source.get())).isEqualTo(90);
    }
  }

  @Test
  void following_refuses_whenTheFirstReadingFails(@TempDir Path folder) throws Exception {
    Path file = write(folder, "none", WRITTEN);
    assertThatThrownBy(
            () -> CatalogSource.following(() -> ModelCatalogLoader.load(file), Duration.ofDays(1)))
        .isInstanceOf(InvalidCatalogException.class)
        .hasMessageContaining("requests_per_minute");
  }

  @Test
  void look_triesAgain_whenAListenerCouldNotTakeTheCatalogOver(@TempDir Path folder)
      throws Exception {
    Path file = write(folder, "60", WRITTEN);
    List<Long> heard = new ArrayList<>();
    try (var source =
        CatalogSource.following(() -> ModelCatalogLoader.load(file), Duration.ofDays(1))) {
      source.onChange(
          catalog -> {
            heard.add(limit(catalog));
            if (heard.size() == 1) {
              throw new IllegalStateException("the key is not there yet");
            }
          });
      write(folder, "120", WRITTEN.plusSeconds(1));
      source.look();
      assertThat(limit(source.get())).isEqualTo(60);

      source.look();
      assertThat(limit(source.get())).isEqualTo(120);
      assertThat(heard).containsExactly(120L, 120L);
    }
  }

  @Test
  void look_takesAnOlderFileForANewConfiguration_whenItWasPutBack(@TempDir Path folder)
      throws Exception {
    Path file = write(folder, "60", WRITTEN);
    try (var source =
        CatalogSource.following(() -> ModelCatalogLoader.load(file), Duration.ofDays(1))) {
      write(folder, "30", WRITTEN.minusSeconds(3_600));
      source.look();
      assertThat(limit(source.get())).isEqualTo(30);
      assertThat(source.get().configuredAt()).isAfter(WRITTEN.minusSeconds(3_600));

      ModelCatalog before = source.get();
      source.look();
      assertThat(source.get()).isSameAs(before);
    }
  }
}
