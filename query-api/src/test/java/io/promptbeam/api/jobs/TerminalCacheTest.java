package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.promptbeam.access.Scope;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.jobs.TerminalCache.Tagged;
import io.promptbeam.api.jobs.TerminalCache.View;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TerminalCacheTest {
  private static final Caller LOCAL = Caller.of(Owner.LOCAL);
  private final AtomicLong nanos = new AtomicLong();
  private final Ticker ticker = nanos::get;
  private final TerminalCache cache = new TerminalCache(1_000_000, Duration.ofSeconds(10), ticker);
  private final JobId id = JobId.random();
  private final Tagged answer = new Tagged("\"t\"", ApiResponse.json(200, new byte[10]));

  @Test
  void answer_isFound_byItsOwnerOnly_andForAShortTime() {
    cache.put(id, View.STATUS, Owner.LOCAL, answer);
    assertThat(cache.find(id, View.STATUS, LOCAL)).contains(answer);
    assertThat(cache.find(id, View.RESULT, LOCAL)).isEmpty();
    assertThat(cache.find(id, View.STATUS, Caller.of(new Owner("bob")))).isEmpty();
    assertThat(cache.find(id, View.STATUS, new Caller(new Owner("bob"), Set.of(Scope.ADMIN))))
        .contains(answer);
    nanos.addAndGet(Duration.ofSeconds(10).toNanos());
    assertThat(cache.find(id, View.STATUS, LOCAL)).isEmpty();
  }

  @Test
  void erasedAnswer_doesNotComeBack_whenAReadWasUnderWay() {
    cache.put(id, View.RESULT, Owner.LOCAL, answer);
    cache.beforeErase(id);
    cache.afterErase(id);
    cache.put(id, View.RESULT, Owner.LOCAL, answer);
    assertThat(cache.find(id, View.RESULT, LOCAL)).isEmpty();
  }

  @Test
  void overItsLimit_itKeepsNothing_notEvenForAMoment() {
    TerminalCache none = new TerminalCache(0, Duration.ofSeconds(10), ticker);
    for (int i = 0; i < 1_000; i++) {
      none.put(id, View.STATUS, Owner.LOCAL, answer);
      assertThat(none.find(id, View.STATUS, LOCAL)).isEmpty();
    }
  }
}
