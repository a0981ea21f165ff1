package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OwnerIndexEntryTest {
  @Test
  void entry_isTheseBytes() {
    assertStoredAs(
        new OwnerIndexEntry("generic", "mock", Optional.empty(), Optional.empty()),
        "{\"job_type\":\"generic\",\"model\":\"mock\"}");
    assertStoredAs(
        new OwnerIndexEntry("t", "m", Optional.of("q"), Optional.of("b")),
        "{\"job_type\":\"t\",\"model\":\"m\",\"question_id\":\"q\",\"batch_id\":\"b\"}");
  }

  private static void assertStoredAs(OwnerIndexEntry entry, String json) {
    assertThat(new String(entry.encode(), StandardCharsets.UTF_8)).isEqualTo(json);
    assertThat(decode(json)).contains(entry);
    assertThat(decode("{\"later\":[1]," + json.substring(1))).contains(entry);
  }

  @Test
  void entry_isEmpty_whenUnreadable() {
    assertThat(decode("")).isEmpty();
    assertThat(decode("{\"job_type\":1,\"model\":\"m\"}")).isEmpty();
    assertThat(decode("{")).isEmpty();
  }

  private static Optional<OwnerIndexEntry> decode(String json) {
    return OwnerIndexEntry.decode(json.getBytes(StandardCharsets.UTF_8));
  }
}
