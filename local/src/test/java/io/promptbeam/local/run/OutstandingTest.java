package io.promptbeam.local.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OutstandingTest {
  private final Outstanding outstanding = new Outstanding(100);
  private final List<JobId> ids = new ArrayList<>();

  private void add(int count) {
    for (int i = 0; i < count; i++) {
      JobId id = JobId.random();
      ids.add(id);
      outstanding.add(id, new Outstanding.Line(i + 1, "line-" + (i + 1)));
    }
  }

  @Test
  void everyJob_isSeenInTurn_whenTheOldestNeverEnd() {
    add(43);

    Set<JobId> seen = new HashSet<>();
    for (int look = 0; look < 4; look++) {
      Collection<JobId> looked = outstanding.oldestAndSomeOthers(10);
      assertThat(looked).hasSize(20).doesNotHaveDuplicates().containsAll(ids.subList(0, 10));
      seen.addAll(looked);
    }

    assertThat(seen).containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void allJobs_areSeenAtOnce_whenTheyAreFew() {
    add(20);

    assertThat(outstanding.oldestAndSomeOthers(10)).containsExactlyElementsOf(ids);
  }
}
