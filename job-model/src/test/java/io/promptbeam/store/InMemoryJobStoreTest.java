package io.promptbeam.store;

import java.time.Clock;

class InMemoryJobStoreTest extends JobListContract {
  @Override
  JobStore open(Clock cellClock, int listScanBudget) {
    return new InMemoryJobStore(listScanBudget);
  }
}
