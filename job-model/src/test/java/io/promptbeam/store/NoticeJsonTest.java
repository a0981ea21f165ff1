package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.Owner;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.Target;
import io.promptbeam.store.NoticeStore.Stored;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NoticeJsonTest {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private static final Owner ADA = new Owner("ada");

  /** As it was written before there were targets. */
  private static final String OLD =
      "{\"id\":\"evt_1\",\"owner\":\"ada\",\"type\":\"batch.completed\",\"body\":\"{}\","
          + "\"state\":\"waiting\",\"attempts\":0,\"since\":\"2026-11-23T10:00:00Z\","
          + "\"at\":\"2026-11-23T10:00:00Z\",\"v\":\"v1\"}";

  private static Stored stored(Target target) {
    Notice notice = new Notice("evt_1", ADA, "batch.completed", "{}", target);
    return new Stored(notice, Delivery.first(T0), "v1");
  }

  @Test
  void oldRow_isAWebhooks_andIsEncodedAsItIs() {
    assertThat(NoticeJson.decode(OLD)).isEqualTo(stored(Target.WEBHOOK));
    // Rows are replaced where they are what is expected, byte for byte.
    assertThat(NoticeJson.encode(stored(Target.WEBHOOK))).isEqualTo(OLD);
  }

  @Test
  void topicsRow_comesBackAsItWas() {
    String row = NoticeJson.encode(stored(Target.TOPIC));

    assertThat(row).contains("\"target\":\"topic\"");
    assertThat(NoticeJson.decode(row)).isEqualTo(stored(Target.TOPIC));
  }

  @Test
  void row_isUnreadable_whenItsTargetIsUnknown() {
    String row = NoticeJson.encode(stored(Target.TOPIC)).replace("\"topic\"", "\"pigeon\"");

    assertThatThrownBy(() -> NoticeJson.decode(row)).isInstanceOf(IllegalStateException.class);
  }
}
