package io.promptbeam.pipeline.notice;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.pubsub.v1.PubsubMessage;
import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.Delivery.State;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.notice.Target;
import io.promptbeam.pipeline.batch.BatchWorld;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.pipeline.notice.NoticeSender.Answer;
import io.promptbeam.store.DueNotice;
import io.promptbeam.store.NoticeStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class DeliverOnceTest {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private static final Owner ADA = new Owner("ada");
  private static final String BODY = "{\"data\":{\"id\":\"batch_1\"}}";
  private static final Notice NOTICE =
      new Notice("evt_1", ADA, "batch.completed", BODY, Target.WEBHOOK);
  private static final Notice EVENT =
      new Notice("evt_1", ADA, "batch.completed", BODY, Target.TOPIC);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final NoticeStore store = new BatchWorld(new ScriptedModels()).store().notices();
  private final List<String> sent = new ArrayList<>();
  private Instant now = T0;
  private Supplier<Answer> answer = Answer.Delivered::new;
  private ModelCatalog catalog = catalog("https://ada.example/");
  private boolean closing;
  private Optional<EventPublisher> topic = Optional.empty();

  private static ModelCatalog catalog(String url) {
    try {
      return ModelCatalogLoader.parse(
          "models.yaml",
          "models: [{id: m, provider: simulated}]\nowners: [{name: ada, webhook: {url: '"
              + url
              + "', secret: env:S}}]\n");
    } catch (InvalidCatalogException e) {
      throw new AssertionError(e);
    }
  }

  private DeliverOnce deliverer() {
    NoticeSender sender =
        new NoticeSender() {
          @Override
          public Answer send(Notice notice, Webhook webhook) {
            sent.add(notice.id() + " " + webhook.url());
            return answer.get();
          }

          @Override
          public void close() {}
        };
    Clock clock =
        new Clock() {
          @Override
          public ZoneOffset getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return now;
          }
        };
    return new DeliverOnce(
        store,
        new Targets(() -> catalog, sender, topic),
        Delivery.Pauses.DEFAULT,
        clock,
        new Random(1),
        () -> closing);
  }

  private List<DueNotice> due(Instant until) {
    return store.due(NoticeLane.webhook(ADA), until, 10).join();
  }

  private Optional<Delivery> deliver() {
    return deliverer().run(due(now).get(0));
  }

  private Delivery stored() {
    return store.read("evt_1").join().orElseThrow().delivery();
  }

  @Test
  void notice_isSentOnce_andForgottenByTheIndex() {
    store.put(NOTICE, now).join();

    assertThat(deliver().orElseThrow().state()).isEqualTo(State.DELIVERED);

    assertThat(sent).containsExactly("evt_1 https://ada.example/");
    assertThat(due(T0.plusSeconds(1_000_000))).isEmpty();
    store.put(NOTICE, now).join();
    assertThat(due(T0.plusSeconds(1_000_000))).as("somebody says it again").isEmpty();
  }

  @Test
  void notice_isSentAgainLater_whenTheReceiverFails() {
    store.put(NOTICE, now).join();
    answer = () -> new Answer.Failed("HTTP 500");

    Delivery failed = deliver().orElseThrow();

    assertThat(failed.lastFailure()).contains("HTTP 500");
    assertThat(failed.at()).isBetween(T0.plusMillis(2_500), T0.plusMillis(5_000));
    assertThat(due(failed.at().minusMillis(1))).isEmpty();
    now = failed.at();
    catalog = catalog("https://moved.example/");
    answer = Answer.Delivered::new;
    assertThat(deliver().orElseThrow().state()).isEqualTo(State.DELIVERED);
    assertThat(sent).containsExactly("evt_1 https://ada.example/", "evt_1 https://moved.example/");
    assertThat(stored().attempts()).isEqualTo(2);
  }

  @Test
  void notice_isNeverSentAgain_whenTheReceiverIsGone() {
    store.put(NOTICE, now).join();
    answer = Answer.Gone::new;

    assertThat(deliver().orElseThrow().state()).isEqualTo(State.REFUSED);
    assertThat(due(T0.plusSeconds(1_000_000))).isEmpty();
  }

  @Test
  void notice_isSentByOneOnly_whenTwoFindIt() {
    store.put(NOTICE, now).join();
    DueNotice entry = due(now).get(0);
    // While the first is sending, a second finds the same entry.
    answer =
        () -> {
          if (sent.size() == 1) {
            assertThat(deliverer().run(entry)).isEmpty();
          }
          return new Answer.Delivered();
        };

    assertThat(deliverer().run(entry)).isPresent();
    assertThat(sent).hasSize(1);
  }

  @Test
  void notice_isFoundAgain_whenWhoeverSentItDied() {
    store.put(NOTICE, now).join();
    answer =
        () -> {
          throw new IllegalStateException("the process dies");
        };
    DueNotice entry = due(now).get(0);
    try {
      var unused = deliverer().run(entry);
    } catch (IllegalStateException e) {
      assertThat(sent).hasSize(1);
    }
    assertThat(due(now.plusSeconds(1))).isEmpty();

    now = now.plus(MINUTE);
    answer = Answer.Delivered::new;
    assertThat(deliver().orElseThrow().state()).isEqualTo(State.DELIVERED);
  }

  @Test
  void lateAnswer_changesNothing_whenAnotherHasDeliveredMeanwhile() {
    store.put(NOTICE, now).join();
    answer =
        () -> {
          answer = Answer.Delivered::new;
          now = now.plus(MINUTE);
          assertThat(deliver().orElseThrow().state()).isEqualTo(State.DELIVERED);
          return new Answer.Failed("no answer");
        };

    assertThat(deliver()).isEmpty();
    assertThat(stored().state()).isEqualTo(State.DELIVERED);
    assertThat(sent).hasSize(2);
    // What the late one wrote before it was refused leads nowhere, and goes when it is found.
    now = now.plus(MINUTE);
    assertThat(deliver()).isEmpty();
    assertThat(sent).hasSize(2);
    assertThat(due(now.plusSeconds(1_000_000))).isEmpty();
  }

  @Test
  void notice_isHandedBack_whenTheProcessEndsWhileSending() {
    store.put(NOTICE, now).join();
    closing = true;
    answer = () -> new Answer.Failed("could not be reached");

    assertThat(deliver().orElseThrow().attempts()).isZero();
    assertThat(due(now)).hasSize(1);
  }

  private Optional<Delivery> publish() {
    return deliverer().run(store.due(NoticeLane.TOPIC, now, 10).join().get(0));
  }

  @Test
  void event_isPublishedOnItsOwn_whileTheWebhookFails() {
    store.put(NOTICE, now).join();
    store.put(EVENT, now).join();
    List<PubsubMessage> published = new ArrayList<>();
    topic =
        Optional.of(
            new EventPublisher(
                message -> {
                  published.add(message);
                  return CompletableFuture.completedFuture(null);
                },
                () -> {}));
    answer = () -> new Answer.Failed("HTTP 500");

    assertThat(deliver().orElseThrow().isWaiting()).isTrue();
    assertThat(publish().orElseThrow().state()).isEqualTo(State.DELIVERED);

    assertThat(sent).hasSize(1);
    assertThat(published).hasSize(1);
    assertThat(stored().isWaiting()).isTrue();
    assertThat(store.due(NoticeLane.TOPIC, T0.plusSeconds(1_000_000), 10).join()).isEmpty();
  }

  @Test
  void event_waits_whileTheTopicFailsOrThereIsNone() {
    store.put(EVENT, now).join();
    topic =
        Optional.of(
            new EventPublisher(
                message -> CompletableFuture.failedFuture(new IllegalStateException("no")),
                () -> {}));
    Delivery failed = publish().orElseThrow();
    assertThat(failed.at()).isBetween(T0.plusMillis(2_500), T0.plusMillis(5_000));
    assertThat(failed.lastFailure().orElseThrow()).startsWith("could not be published: ");

    now = failed.at();
    topic = Optional.empty();
    assertThat(publish().orElseThrow().isWaiting()).isTrue();
    assertThat(sent).as("nothing for the webhook").isEmpty();
  }

  @Test
  void notice_waits_whileItsOwnerHasNoWebhook() {
    store.put(NOTICE, now).join();
    catalog = ModelCatalogLoader.demo();

    assertThat(deliver().orElseThrow().isWaiting()).isTrue();
    assertThat(sent).isEmpty();
  }
}
