package io.promptbeam.pipeline.notice;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.pubsub.v1.PubsubMessage;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.Target;
import io.promptbeam.pipeline.notice.NoticeSender.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class EventPublisherTest {
  private static final Notice NOTICE =
      new Notice(
          "evt_1", new Owner("ada"), "job.failed", "{\"data\":{\"id\":\"j-1\"}}", Target.TOPIC);

  @Test
  void message_isTheBody_withAttributesToFilterBy() {
    List<PubsubMessage> published = new ArrayList<>();
    var publisher =
        new EventPublisher(
            message -> {
              published.add(message);
              return CompletableFuture.completedFuture(null);
            },
            () -> {});

    assertThat(publisher.send(NOTICE)).isEqualTo(new Answer.Delivered());

    assertThat(published).hasSize(1);
    assertThat(published.get(0).getData().toStringUtf8()).isEqualTo(NOTICE.body());
    assertThat(published.get(0).getAttributesMap())
        .isEqualTo(Map.of("id", "evt_1", "type", "job.failed", "owner", "ada", "subject", "j-1"));
  }

  @Test
  void publishing_isBrokenOff_whenItIsClosedMeanwhile() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger closed = new AtomicInteger();
    var publisher =
        new EventPublisher(
            message -> {
              begun.countDown();
              return new CompletableFuture<>();
            },
            closed::incrementAndGet);
    CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(() -> publisher.send(NOTICE));
    begun.await();

    publisher.close();
    publisher.close();

    assertThat(answer.get()).isInstanceOf(Answer.Failed.class);
    assertThat(closed).hasValue(1);
  }
}
