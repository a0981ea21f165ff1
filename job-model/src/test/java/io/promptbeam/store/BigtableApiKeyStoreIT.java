package io.promptbeam.store;

import com.google.cloud.bigtable.emulator.v2.Emulator;
import java.time.Clock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class BigtableApiKeyStoreIT extends ApiKeyStoreContract {
  private static Emulator emulator;
  private static BigtableTarget target;

  @BeforeAll
  static void startEmulator() throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
  }

  @AfterAll
  static void stopEmulator() {
    emulator.stop();
  }

  @Override
  JobStore open() {
    var options = new BigtableJobStore.Options(false, 1, 2_000);
    return BigtableJobStore.open(target, options, Clock.systemUTC());
  }
}
