package io.promptbeam.store;

import java.time.Clock;

class SimulatedNoticeStoreTest extends NoticeStoreContract {
  @Override
  JobStore open() {
    return LockedLink.open(Clock.systemUTC());
  }
}
