package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Owner;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Notice;
import io.promptbeam.store.NoticeStore.Stored;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every outbox does. Every test has an owner of its own. */
abstract class NoticeStoreContract {
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final Owner owner = new Owner("o-" + UUID.randomUUID());
  private JobStore store;
  private NoticeStore notices;

  abstract JobStore open();

  @BeforeEach
  void openStore() {
    store = open();
    notices = store.notices();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  private Notice notice(int number) {
    return new Notice("evt_" + UUID.randomUUID() + number, owner, "batch.completed", "{\"n\":1}");
  }

  private List<DueNotice> due(Instant until) {
    return notices.due(owner, until, 100).join();
  }

  private Stored stored(Notice notice) {
    return notices.read(notice.id()).join().orElseThrow();
  }

  private Stored replaced(Stored current, Delivery next) {
    return notices.replace(current, next).join().orElseThrow();
  }

  @Test
  void notice_isDueAtOnce_whenItIsPut() {
    Notice notice = notice(1);
    notices.put(notice, now).join();

    assertThat(due(now.minusMillis(1))).isEmpty();
    assertThat(due(now)).containsExactly(new DueNotice(owner, now, notice.id()));
    Stored stored = stored(notice);
    assertThat(stored.notice()).isEqualTo(notice);
    assertThat(stored.delivery()).isEqualTo(Delivery.first(now));
    assertThat(notices.read("evt_unknown").join()).isEmpty();
  }

  @Test
  void notice_staysDelivered_whenItIsPutAgain() {
    Notice notice = notice(1);
    notices.put(notice, now).join();
    Stored claimed = replaced(stored(notice), stored(notice).delivery().begun(now.plusSeconds(60)));
    notices.put(notice, now.plusSeconds(1)).join();
    assertThat(due(now.plusSeconds(59))).as("somebody sends it").isEmpty();
    Delivery delivered = claimed.delivery().delivered(now.plusSeconds(2));
    Stored done = replaced(claimed, delivered);

    notices.put(notice, now.plusSeconds(3)).join();

    assertThat(stored(notice)).isEqualTo(done);
    assertThat(due(now.plusSeconds(1_000))).isEmpty();
  }

  @Test
  void notice_isClaimedByOneOnly_andFoundAgainWhenTheClaimEnds() {
    Notice notice = notice(1);
    notices.put(notice, now).join();
    Stored seen = stored(notice);

    Optional<Stored> one = notices.replace(seen, seen.delivery().begun(now.plusSeconds(60))).join();
    Optional<Stored> other =
        notices.replace(seen, seen.delivery().begun(now.plusSeconds(61))).join();

    assertThat(one).isPresent();
    assertThat(other).isEmpty();
    assertThat(due(now.plusSeconds(59))).isEmpty();
    assertThat(due(now.plusSeconds(60))).extracting(DueNotice::id).containsExactly(notice.id());
    // What the one that lost left behind is removed, and nothing else, by whoever finds it.
    for (DueNotice entry : due(now.plusSeconds(1_000))) {
      notices.mend(entry, notices.read(entry.id()).join()).join();
    }
    assertThat(due(now.plusSeconds(1_000)))
        .containsExactly(new DueNotice(owner, now.plusSeconds(60), notice.id()));
  }

  @Test
  void entry_isRemoved_whenItsNoticeHasEndedOrIsGone() {
    Notice notice = notice(1);
    notices.put(notice, now).join();
    DueNotice entry = due(now).get(0);

    notices.mend(entry, notices.read(notice.id()).join()).join();
    assertThat(due(now)).as("it is right").containsExactly(entry);
    notices.mend(entry, Optional.empty()).join();
    assertThat(due(now)).isEmpty();
  }

  @Test
  void notices_comeInTheOrderOfTheirTime_andOwnersOneAfterTheOther() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Notice notice = notice(i);
      ids.add(notice.id());
      notices.put(notice, now.plusMillis(i)).join();
    }
    Owner next = new Owner(owner + ".b");
    notices.put(new Notice("evt_" + UUID.randomUUID(), next, "batch.failed", "{}"), now).join();

    assertThat(notices.due(owner, now.plusSeconds(1), 3).join())
        .extracting(DueNotice::id)
        .containsExactlyElementsOf(ids.subList(0, 3));
    assertThat(notices.nextOwner(Optional.of(owner)).join()).contains(next);
    Set<Owner> all = new HashSet<>();
    Optional<Owner> each = notices.nextOwner(Optional.empty()).join();
    while (each.isPresent()) {
      assertThat(all.add(each.get())).as("each once").isTrue();
      each = notices.nextOwner(each).join();
    }
    assertThat(all).contains(owner, next);
  }
}
