package io.promptbeam.store;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import java.time.Clock;
import java.util.List;
import java.util.Set;

class InMemoryJobStoreTest extends JobListContract {
  @Override
  JobStore open(Clock cellClock, int listScanBudget) {
    return new InMemoryJobStore(listScanBudget);
  }

  @Override
  Set<JobId> undispatched(List<JobSpec> jobs) {
    return ((InMemoryJobStore) store).undispatched();
  }
}
