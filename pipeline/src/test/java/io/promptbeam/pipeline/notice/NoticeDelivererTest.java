package io.promptbeam.pipeline.notice;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.notice.Target;
import io.promptbeam.pipeline.batch.BatchWorld;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.store.NoticeStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NoticeDelivererTest {
  private static final Owner DEAD = new Owner("a-dead");
  private static final Owner WELL = new Owner("b-well");
  private static final int MANY = 100;

  private final NoticeStore store = new BatchWorld(new ScriptedModels()).store().notices();
  private final CountDownLatch delivered = new CountDownLatch(MANY);
  private final AtomicInteger hanging = new AtomicInteger();
  private final AtomicInteger mostHanging = new AtomicInteger();
  private final Semaphore release = new Semaphore(0);

  private final NoticeSender sender =
      new NoticeSender() {
        @Override
        public Answer send(Notice notice, Webhook webhook) {
          if (notice.owner().equals(WELL)) {
            delivered.countDown();
            return new Answer.Delivered();
          }
          mostHanging.accumulateAndGet(hanging.incrementAndGet(), Math::max);
          try {
            release.acquire();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          hanging.decrementAndGet();
          return new Answer.Failed("no answer");
        }

        @Override
        public void close() {
          release.release(MANY);
        }
      };

  private void put(Owner owner) {
    for (int i = 0; i < MANY; i++) {
      Notice notice = new Notice("evt_" + owner + i, owner, "job.completed", "{}", Target.WEBHOOK);
      store.put(notice, Instant.now()).join();
    }
  }

  @Test
  void owners_doNotWaitForEachOther_whenOnesReceiverHangs() throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            """
            models: [{id: m, provider: simulated}]
            owners: [{name: "*", webhook: {url: 'https://all.example/', secret: env:S}}]
            """);
    put(DEAD);
    put(WELL);
    var targets = new Targets(() -> catalog, sender, Optional.empty());
    var pauses = new Delivery.Pauses(Duration.ofHours(1), Duration.ofHours(1), Duration.ofDays(1));
    var deliverer = new NoticeDeliverer(store, targets, pauses, Clock.systemUTC());
    deliverer.start();

    assertThat(delivered.await(20, TimeUnit.SECONDS)).as("all of the other owner's").isTrue();
    assertThat(mostHanging.get()).isBetween(1, NoticeDeliverer.PER_LANE);
    deliverer.close();
    assertThat(store.due(NoticeLane.webhook(WELL), Instant.now().plusSeconds(9_999), 9).join())
        .isEmpty();
    assertThat(store.due(NoticeLane.webhook(DEAD), Instant.now(), MANY + 1).join())
        .as("what was being sent is handed back")
        .hasSize(MANY);
  }
}
