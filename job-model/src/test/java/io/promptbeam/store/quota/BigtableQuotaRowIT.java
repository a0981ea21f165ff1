package io.promptbeam.store.quota;

import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class BigtableQuotaRowIT extends QuotaRowContract {
  private static Emulator emulator;
  private static BigtableJobStore store;

  @BeforeAll
  static void startEmulator() throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    var target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
  }

  @AfterAll
  static void stopEmulator() {
    store.close();
    emulator.stop();
  }

  @Override
  QuotaRow open(String quotaId) {
    return store.row(quotaId);
  }
}
