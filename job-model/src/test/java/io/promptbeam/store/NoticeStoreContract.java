package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Owner;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.notice.Target;
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
  private final NoticeLane lane = NoticeLane.webhook(owner);
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
    return new Notice(
        "evt_" + UUID.randomUUID() + number, owner, "batch.completed", "{\"n\":1}", Target.WEBHOOK);
  }

  private List<DueNotice> due(Instant until) {
    return notices.due(lane, until, 100).join();
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
    assertThat(due(now)).containsExactly(new DueNotice(lane, now, notice.id()));
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
  void notice_isKeptAndSentForEachTarget_whateverBecomesOfTheOther() {
    Notice webhook = notice(1);
    Notice topic = new Notice(webhook.id(), owner, webhook.type(), "{\"n\":2}", Target.TOPIC);
    notices.put(webhook, now).join();
    notices.put(topic, now).join();
    assertThat(notices.read(topic.key()).join().orElseThrow().notice()).isEqualTo(topic);
    assertThat(stored(webhook).notice()).isEqualTo(webhook);

    Stored claimed = replaced(stored(webhook), stored(webhook).delivery().begun(now));
    Stored sent = replaced(claimed, claimed.delivery().delivered(now));

    assertThat(stored(webhook)).isEqualTo(sent);
    assertThat(due(now.plusSeconds(9))).isEmpty();
    assertThat(notices.due(NoticeLane.TOPIC, now.plusSeconds(9), 99).join())
        .contains(new DueNotice(NoticeLane.TOPIC, now, topic.key()));
    assertThat(notices.read(topic.key()).join().orElseThrow().delivery())
        .isEqualTo(Delivery.first(now));
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
    assertThat(due(now.plusSeconds(60))).extracting(DueNotice::key).containsExactly(notice.id());
    // What the one that lost left behind is removed, and nothing else, by whoever finds it.
    for (DueNotice entry : due(now.plusSeconds(1_000))) {
      notices.mend(entry, notices.read(entry.key()).join()).join();
    }
    assertThat(due(now.plusSeconds(1_000)))
        .containsExactly(new DueNotice(lane, now.plusSeconds(60), notice.id()));
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
    notices
        .put(
            new Notice("evt_" + UUID.randomUUID(), next, "batch.failed", "{}", Target.WEBHOOK), now)
        .join();

    assertThat(notices.due(lane, now.plusSeconds(1), 3).join())
        .extracting(DueNotice::key)
        .containsExactlyElementsOf(ids.subList(0, 3));
    assertThat(notices.nextLane(Optional.of(lane)).join()).contains(NoticeLane.webhook(next));
    Set<NoticeLane> all = new HashSet<>();
    Optional<NoticeLane> each = notices.nextLane(Optional.empty()).join();
    while (each.isPresent()) {
      assertThat(all.add(each.get())).as("each once").isTrue();
      each = notices.nextLane(each).join();
    }
    assertThat(all).contains(lane, NoticeLane.webhook(next));
  }
}
