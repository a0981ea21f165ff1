package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.job.Owner;
import io.promptbeam.store.OwnerCounters.Counts;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Two processes that count one owner, on the emulator. */
class OwnerCountersIT {
  private static final Owner ANN = new Owner("ann");
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:42.123Z");

  @Test
  void processes_countTogether_andOneOfThemRecounts() throws Exception {
    Emulator emulator = Emulator.createBundled();
    emulator.start();
    var target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    try (JobStore one = BigtableJobStore.open(target);
        JobStore other = BigtableJobStore.open(target)) {
      List<CompletableFuture<Counts>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        all.add(one.ownerCounters().add(ANN, 1, 1, 7));
        all.add(other.ownerCounters().add(ANN, 1, 1, 7));
      }
      assertThat(all.stream().map(CompletableFuture::join).map(Counts::submits).sorted())
          .as("every count is answered once, so exactly so many are within any limit")
          .containsExactlyElementsOf(
              java.util.stream.LongStream.rangeClosed(1, 200).boxed().toList());
      Counts counts = one.ownerCounters().add(ANN, -50, 1, 8).join();
      assertThat(counts).isEqualTo(new Counts(150, 1, Instant.EPOCH));

      List<CompletableFuture<Boolean>> recounts = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        recounts.add(one.ownerCounters().recounting(ANN, Instant.EPOCH, NOW));
        recounts.add(other.ownerCounters().recounting(ANN, Instant.EPOCH, NOW));
      }
      assertThat(recounts.stream().map(CompletableFuture::join).filter(mine -> mine))
          .as("at most one counts")
          .hasSizeLessThanOrEqualTo(1);
      assertThat(one.ownerCounters().add(ANN, 0, 0, 8).join().recountedAt())
          .isIn(NOW, Instant.EPOCH);
      assertThat(one.ownerCounters().add(new Owner("bob"), 1, 1, 8).join())
          .isEqualTo(new Counts(1, 1, Instant.EPOCH));
    } finally {
      emulator.stop();
    }
  }
}
