package io.promptbeam.store;

import java.time.Clock;

class SimulatedFileStoreTest extends FileStoreContract {
  @Override
  JobStore open() {
    return LockedLink.open(Clock.systemUTC());
  }
}
