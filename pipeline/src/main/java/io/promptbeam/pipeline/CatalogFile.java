package io.promptbeam.pipeline;

import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;

/** A models.yaml where Beam's file systems reach it. */
public final class CatalogFile {
  private CatalogFile() {}

  /**
   * Reads all of it. Blocks.
   *
   * @param location a local path or {@code gs://} location
   * @throws UncheckedIOException when it cannot be read
   */
  public static ModelCatalog read(String location) throws InvalidCatalogException {
    try {
      MatchResult.Metadata file = FileSystems.matchSingleFileSpec(location);
      try (var channel = FileSystems.open(file.resourceId())) {
        String text =
            new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        return ModelCatalogLoader.parse(location, text)
            .configuredAt(Instant.ofEpochMilli(file.lastModifiedMillis()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the model catalog at " + location, e);
    }
  }
}
