package io.promptbeam.local.stack;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.pipeline.JobEvents;
import io.promptbeam.store.DueNotice;
import io.promptbeam.store.NoticeStore.Stored;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events from the end of a batch or a job to a subscription of the topic. */
@Timeout(120)
class JobEventsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String SUBSCRIPTION = "consumer";

  private final Closing closing = new Closing();
  private final ModelCatalog models;
  private final Stack stack;
  private final Work work;
  private final String project;
  private final ManagedChannel queue;

  JobEventsIT() throws Exception {
    models =
        ModelCatalogLoader.parse(
            "models.yaml",
            "models: [{id: m, provider: simulated, simulated: {latency_ms_median: 5}}]");
    stack = closing.add("stack", Stack.open(new Backends(Optional.empty(), Optional.empty())));
    work = new Work(stack, models);
    var target = (PubsubTarget.Emulator) stack.queueTarget();
    project = target.projectId();
    queue = ManagedChannelBuilder.forTarget(target.hostAndPort()).usePlaintext().build();
    closing.add("channel", queue::shutdownNow);
  }

  @AfterEach
  void close() {
    closing.close();
  }

  private void subscribeTo(String topic) {
    var unused =
        SubscriberGrpc.newBlockingStub(queue)
            .createSubscription(
                Subscription.newBuilder()
                    .setName(PubsubNames.subscriptionPath(project, SUBSCRIPTION))
                    .setTopic(PubsubNames.topicPath(project, topic))
                    .setAckDeadlineSeconds(60)
                    .build());
  }

  private List<PubsubMessage> pull() {
    String path = PubsubNames.subscriptionPath(project, SUBSCRIPTION);
    var subscriber = SubscriberGrpc.newBlockingStub(queue);
    List<ReceivedMessage> received =
        subscriber
            .pull(PullRequest.newBuilder().setSubscription(path).setMaxMessages(100).build())
            .getReceivedMessagesList();
    if (!received.isEmpty()) {
      var unused =
          subscriber.acknowledge(
              AcknowledgeRequest.newBuilder()
                  .setSubscription(path)
                  .addAllAckIds(received.stream().map(ReceivedMessage::getAckId).toList())
                  .build());
    }
    return received.stream().map(ReceivedMessage::getMessage).toList();
  }

  private Map<String, PubsubMessage> awaitEvents(int count) throws Exception {
    List<PubsubMessage> events = new ArrayList<>();
    var unused =
        Await.until(
            count + " events were pulled",
            PATIENCE,
            () -> {
              events.addAll(pull());
              return events;
            },
            all -> all.size() >= count);
    return events.stream()
        .collect(Collectors.toMap(event -> event.getAttributesOrThrow("subject"), event -> event));
  }

  private static void assertSays(PubsubMessage event, String type, String subject)
      throws Exception {
    JsonNode body = new JsonMapper().readTree(event.getData().toStringUtf8());
    assertThat(event.getAttributesMap())
        .isEqualTo(
            Map.of(
                "id",
                body.path("id").asText(),
                "type",
                type,
                "owner",
                Owner.LOCAL.name(),
                "subject",
                subject));
    assertThat(body.path("type").asText()).isEqualTo(type);
    assertThat(body.path("data").path("id").asText()).isEqualTo(subject);
    assertThat(body.path("data").path("owner").asText()).isEqualTo(Owner.LOCAL.name());
    assertThat(body.path("data").path("status").asText())
        .isEqualTo(type.substring(type.indexOf('.') + 1));
  }

  private List<Stored> waiting() throws Exception {
    List<Stored> found = new ArrayList<>();
    Instant end = Instant.now().plusSeconds(9_999);
    for (DueNotice entry : stack.store().notices().due(NoticeLane.TOPIC, end, 9).get()) {
      stack.store().notices().read(entry.key()).get().ifPresent(found::add);
    }
    return found;
  }

  /** For a second at least, so that nothing is published before there is a subscription. */
  private static boolean isBetweenAttempts(Stored notice) {
    Duration left = Duration.between(Instant.now(), notice.delivery().at());
    return notice.delivery().lastFailure().isPresent()
        && left.compareTo(Duration.ofSeconds(1)) > 0
        && left.compareTo(Duration.ofSeconds(30)) < 0;
  }

  @Test
  void everyEnding_isPublishedOnce_andNoLineOfABatch() throws Exception {
    subscribeTo(PubsubNames.DEFAULT.jobEventsTopic());
    var unused = stack.startPipeline(CatalogSource.of(models), stack.jobEvents());
    String good = work.batch("m", "m", "m").text(BatchProtocol.OPENAI);
    String bad = work.batch("m", "nobody").text(BatchProtocol.OPENAI);
    String job = work.job().toString();

    Map<String, PubsubMessage> events = awaitEvents(3);

    assertThat(events).containsOnlyKeys(good, bad, job);
    assertSays(requireNonNull(events.get(good)), "batch.completed", good);
    assertSays(requireNonNull(events.get(bad)), "batch.failed", bad);
    assertSays(requireNonNull(events.get(job)), "job.completed", job);
    var unusedToo =
        Await.until("nothing waits", PATIENCE, this::waiting, notices -> notices.isEmpty());
  }

  @Test
  void events_arePublishedLater_whenTheTopicIsMissingAtFirst() throws Exception {
    String late = "late";
    var unused =
        stack.startPipeline(CatalogSource.of(models), new JobEvents.To(stack.queueTarget(), late));
    BatchId batch = work.batch("m", "m");
    JobId job = work.job();
    List<Stored> refused =
        Await.until(
            "both have been refused",
            PATIENCE,
            this::waiting,
            all -> all.size() == 2 && all.stream().allMatch(JobEventsIT::isBetweenAttempts));
    assertThat(refused)
        .flatExtracting(each -> each.delivery().lastFailure().stream().toList())
        .containsOnly("Pub/Sub says NOT_FOUND");

    var topic = Topic.newBuilder().setName(PubsubNames.topicPath(project, late)).build();
    var unusedToo = PublisherGrpc.newBlockingStub(queue).createTopic(topic);
    subscribeTo(late);

    assertThat(awaitEvents(2)).containsOnlyKeys(batch.text(BatchProtocol.OPENAI), job.toString());
  }
}
