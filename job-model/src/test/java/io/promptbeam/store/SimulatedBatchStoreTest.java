package io.promptbeam.store;

import java.time.Clock;

class SimulatedBatchStoreTest extends BatchStoreContract {
  @Override
  JobStore open() {
    return LockedLink.open(Clock.systemUTC());
  }
}
