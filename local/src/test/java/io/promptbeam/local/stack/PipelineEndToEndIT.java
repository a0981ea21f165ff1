package io.promptbeam.local.stack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.job.OutputText;
import io.promptbeam.job.Owner;
import io.promptbeam.local.Await;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.message.JobMessage;
import io.promptbeam.message.JobMessageCodec;
import io.promptbeam.message.JobReference;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.engine.ModelFigures;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.store.JobStore.Part;
import io.promptbeam.store.Jobs;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import io.promptbeam.submit.SubmitOutcome;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.metrics.MetricResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages good and bad, through queue, pipeline and store, to a provider that often fails. */
@Timeout(240)
class PipelineEndToEndIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int JOBS = 200;
  private static final int MAX_ATTEMPTS = 4;
  private static final Pattern NAME = Pattern.compile("<([a-z]+-[0-9]+)>");
  private static final PubsubNames NAMES = PubsubNames.DEFAULT;
  private static final String PROJECT = PubsubTarget.DEFAULT_LOCAL_PROJECT;
  private static final Simulation FLAKY =
      new Simulation(7, Duration.ofMillis(20), 0.3, 0.2, 0.05, 0.1, OptionalLong.empty());

  private final Closing closing = new Closing();
  private final Map<String, Integer> callsByName = new ConcurrentHashMap<>();
  private final ModelCatalog catalog;
  private final ManagedChannel queue;
  private final Stack stack;
  private final SubmissionParser parser;

  PipelineEndToEndIT() throws Exception {
    SimulatedProvider provider = closing.add("provider", SimulatedProvider.start("flaky", FLAKY));
    provider.observe((nanos, path, body) -> callsByName.merge(nameIn(body), 1, Integer::sum));
    catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            "models: [{id: flaky, provider: openai, base_url: '" + provider.baseUrl() + "'}]");
    parser = new SubmissionParser(catalog);
    EmbeddedPubsub pubsub = closing.add("queue", EmbeddedPubsub.start());
    queue =
        ManagedChannelBuilder.forTarget(pubsub.hostAndPort())
            .usePlaintext()
            .maxInboundMessageSize(64 * 1024 * 1024)
            .build();
    closing.add("channel", queue::shutdownNow);
    stack =
        closing.add(
            "stack",
            Stack.open(
                new Backends(
                    Optional.empty(),
                    Optional.of(PubsubTarget.Emulator.parse(pubsub.hostAndPort(), PROJECT)))));
  }

  @AfterEach
  void close() {
    closing.close();
  }

  private static String nameIn(byte[] body) {
    Matcher matcher = NAME.matcher(new String(body, UTF_8));
    return matcher.find() ? matcher.group(1) : "no name";
  }

  @Test
  void everyGoodJobEnds_andEveryBadMessageIsKept_whenProviderAndPublishersFail() throws Exception {
    LocalPipeline pipeline = stack.startPipeline(catalog);
    JobId cancelled = cancelledBeforeItsMessage("cancelled-1");
    Map<String, byte[]> bad = badMessages();
    Map<JobId, String> nameById = new HashMap<>();
    List<byte[]> badPayloads = List.copyOf(bad.values());

    publish(badPayloads.subList(0, badPayloads.size() / 2));
    nameById.putAll(submit("first", JOBS / 2));
    publish(List.of(reference(unknownJob()), inline("inline-1", "flaky")));
    nameById.put(JobId.forIdempotencyKey(Owner.LOCAL, "inline-1"), "inline-1");
    publish(badPayloads.subList(badPayloads.size() / 2, badPayloads.size()));
    nameById.putAll(submit("second", JOBS / 2));

    Map<JobId, Job> ended = awaitEnd(nameById.keySet());
    assertEndedWell(ended, nameById);
    assertThat(ended.values()).extracting(job -> job.run().state()).contains(JobState.FAILED);
    assertThat(ended.values()).anyMatch(job -> job.run().attempt() > 1);

    assertThat(awaitDeadLetters(bad.size())).isEqualTo(digests(bad));

    // Messages of jobs that have ended, which the pipeline may get again at any time.
    publish(ended.values().stream().map(job -> reference(job)).toList());
    Map<String, Integer> callsBefore = Map.copyOf(callsByName);
    Map<JobId, String> later = submit("later", 1);
    assertEndedWell(awaitEnd(later.keySet()), later);
    assertThat(callsByName).containsAllEntriesOf(callsBefore);
    assertThat(callsByName).doesNotContainKey("cancelled-1");
    assertThat(read(List.of(cancelled)).values())
        .extracting(job -> job.run().state())
        .containsExactly(JobState.CANCELLED);
    assertThat(pipeline.hasEnded()).isFalse();
    assertMetrics(pipeline, ended.values(), later.size());
  }

  /** The runner's metrics are what the engine counted, which is what the rows say. */
  private void assertMetrics(LocalPipeline pipeline, Collection<Job> ended, int later)
      throws Exception {
    Map<String, Long> expected = new TreeMap<>();
    for (ModelFigures model : pipeline.worker().engine().figures()) {
      expected.put("promptbeam_calls_started_total", model.callsStarted());
      model
          .callsEnded()
          .forEach((outcome, calls) -> expected.put("promptbeam_calls_total." + outcome, calls));
      model
          .jobsEnded()
          .forEach(
              (state, jobs) ->
                  expected.put("promptbeam_jobs_ended_total." + state.wireName(), jobs));
      assertThat(model.callsInFlight()).isZero();
      assertThat(model.waitingInAll()).isZero();
      // None fails before it reaches the provider.
      assertThat((long) callsByName.values().stream().mapToInt(calls -> calls).sum())
          .isEqualTo(model.callsStarted());
      assertThat(model.jobsEndedInAll()).isEqualTo(ended.size() + later);
    }
    expected.values().removeIf(count -> count == 0);
    var unused =
        Await.until(
            "the runner's counters are the engine's",
            () -> counters(pipeline, "flaky", "promptbeam_calls", "promptbeam_jobs"),
            expected::equals);
    long jobs = (long) ended.size() + later;
    assertThat(
            Await.until(
                "every end is counted as an element",
                () ->
                    counters(pipeline, "jobs", "completed", "failed").values().stream()
                        .mapToLong(count -> count)
                        .sum(),
                outcomes -> outcomes == jobs))
        .isEqualTo(jobs);
  }

  private static Map<String, Long> counters(
      LocalPipeline pipeline, String namespace, String... beginnings) {
    Map<String, Long> counters = new TreeMap<>();
    for (MetricResult<Long> counter : pipeline.metrics().allMetrics().getCounters()) {
      String name = counter.getName().getName();
      if (counter.getName().getNamespace().equals(namespace)
          && Arrays.stream(beginnings).anyMatch(name::startsWith)) {
        counters.merge(name, counter.getAttempted(), Long::sum);
      }
    }
    return counters;
  }

  private void assertEndedWell(Map<JobId, Job> ended, Map<JobId, String> nameById) {
    assertThat(ended).hasSize(nameById.size());
    ended.forEach(
        (id, job) -> {
          int calls = callsByName.getOrDefault(nameById.get(id), 0);
          assertThat(calls).as("calls of %s", job.run()).isBetween(1, MAX_ATTEMPTS);
          assertThat(job.run().attempt()).isBetween(calls, MAX_ATTEMPTS);
          var ending = job.run().ending().orElseThrow();
          if (job.run().state() == JobState.COMPLETED) {
            assertThat(ending.usage()).isPresent();
            assertThat(ending.costUsd()).isPresent();
            assertThat(outputText(job)).isPresent();
          } else {
            assertThat(job.run().state()).isEqualTo(JobState.FAILED);
            assertThat(ending.error().orElseThrow().code())
                .isIn(
                    ErrorCodes.INVALID_REQUEST,
                    ErrorCodes.RATE_LIMITED,
                    ErrorCodes.PROVIDER_ERROR,
                    ErrorCodes.MALFORMED_ANSWER,
                    ErrorCodes.EMPTY_ANSWER);
          }
        });
  }

  private static Optional<String> outputText(Job job) {
    try {
      return OutputText.of(JSON.readTree(job.result().orElseThrow()));
    } catch (IOException e) {
      throw new AssertionError("the result of a completed job is not JSON", e);
    }
  }

  private JobId cancelledBeforeItsMessage(String name) throws Exception {
    Submission submission = submission(name, Optional.empty());
    Job job = stack.store().create(submission.spec(), submission.request()).get().job();
    var applied =
        new Jobs(stack.store(), Clock.systemUTC()).apply(job, new JobEvent.RequestCancel()).get();
    assertThat(applied).isInstanceOf(Jobs.Applied.Done.class);
    stack.publisher().publish(JobReference.to(job.spec())).get();
    return job.spec().id();
  }

  /** By the reason they are to be kept for, and a word that tells them apart. */
  private Map<String, byte[]> badMessages() throws Exception {
    byte[] good = reference(unknownJob());
    byte[] garbage = new byte[9_000_001];
    Arrays.fill(garbage, (byte) 'g');
    byte[] nearlyTooLargeForPubsub = new byte[9_990_000];
    Arrays.fill(nearlyTooLargeForPubsub, (byte) 'h');
    return Map.of(
        "not_json a", "hello, is this the right topic?".getBytes(UTF_8),
        "not_json b", Arrays.copyOf(good, good.length - 10),
        "not_json c", new byte[] {(byte) 0x80, 0, 1},
        "unsupported_version a", edited(good, "v", "2"),
        "unknown_kind a", edited(good, "kind", "\"another\""),
        "missing_field a", edited(good, "owner", "null"),
        "too_large a", garbage,
        "too_large b", nearlyTooLargeForPubsub,
        "unknown_model a", inline("inline-2", "nobody"));
  }

  private static byte[] edited(byte[] message, String field, String value) throws Exception {
    ObjectNode json = (ObjectNode) JSON.readTree(message);
    json.set(field, JSON.readTree(value));
    return JSON.writeValueAsBytes(json);
  }

  private Job unknownJob() throws Exception {
    Submission never = submission("missing-1", Optional.empty());
    return new Job(never.spec(), JobRun.NEW, "v", Optional.empty(), Optional.empty());
  }

  private static byte[] reference(Job job) {
    return JobMessageCodec.encode(JobReference.to(job.spec()));
  }

  private static byte[] inline(String name, String model) {
    return JobMessageCodec.encode(new JobMessage.Inline(Owner.LOCAL, name, body(name, model)));
  }

  private static ObjectNode body(String name, String model) {
    return JSON.createObjectNode()
        .put("model_id", model)
        .put("full_input", "Write a line about <" + name + ">.")
        .put("max_attempts", MAX_ATTEMPTS);
  }

  private Submission submission(String name, Optional<String> key) throws Exception {
    return parser.parse(body(name, "flaky"), Owner.LOCAL, key, Instant.now());
  }

  private Map<JobId, String> submit(String prefix, int count) throws Exception {
    List<Submission> submissions = new ArrayList<>();
    Map<JobId, String> nameById = new HashMap<>();
    for (int i = 0; i < count; i++) {
      Submission submission = submission(prefix + "-" + i, Optional.empty());
      submissions.add(submission);
      nameById.put(submission.spec().id(), prefix + "-" + i);
    }
    assertThat(stack.submitter().submitAll(submissions).get())
        .hasSize(count)
        .allMatch(outcome -> outcome instanceof SubmitOutcome.Accepted);
    return nameById;
  }

  private Map<JobId, Job> read(Collection<JobId> ids) throws Exception {
    return stack.store().read(ids, Set.of(Part.RESULT)).get();
  }

  private Map<JobId, Job> awaitEnd(Collection<JobId> ids) throws Exception {
    var unused =
        Await.until(
            "all of " + ids.size() + " jobs ended",
            () ->
                stack.store().read(ids, Set.of()).get().values().stream()
                    .filter(job -> job.run().state().isTerminal())
                    .count(),
            ended -> ended == ids.size());
    return read(ids);
  }

  private void publish(List<byte[]> payloads) {
    for (byte[] payload : payloads) {
      var unused =
          PublisherGrpc.newBlockingStub(queue)
              .publish(
                  PublishRequest.newBuilder()
                      .setTopic(PubsubNames.topicPath(PROJECT, NAMES.jobsTopic()))
                      .addMessages(PubsubMessage.newBuilder().setData(ByteString.copyFrom(payload)))
                      .build());
    }
  }

  /** Reason and content, of which a longer one shows only its beginning and length. */
  private static String digest(String reason, byte[] payload, int originalLength) {
    int shown = Math.min(payload.length, 2_000);
    return reason + " " + originalLength + " " + new String(payload, 0, shown, UTF_8);
  }

  private static Set<String> digests(Map<String, byte[]> bad) {
    Set<String> digests = new HashSet<>();
    bad.forEach(
        (name, payload) ->
            digests.add(digest(name.substring(0, name.indexOf(' ')), payload, payload.length)));
    return digests;
  }

  private Set<String> awaitDeadLetters(int count) throws Exception {
    Set<String> found = new HashSet<>();
    return Await.until(
        count + " dead letters are there",
        () -> {
          found.addAll(pullDeadLetters());
          return found;
        },
        letters -> letters.size() >= count);
  }

  private List<String> pullDeadLetters() {
    String subscription = PubsubNames.subscriptionPath(PROJECT, NAMES.deadLettersSubscription());
    var subscriber = SubscriberGrpc.newBlockingStub(queue);
    List<ReceivedMessage> received =
        subscriber
            .pull(
                PullRequest.newBuilder().setSubscription(subscription).setMaxMessages(100).build())
            .getReceivedMessagesList();
    if (!received.isEmpty()) {
      var unused =
          subscriber.acknowledge(
              AcknowledgeRequest.newBuilder()
                  .setSubscription(subscription)
                  .addAllAckIds(received.stream().map(ReceivedMessage::getAckId).toList())
                  .build());
    }
    return received.stream().map(letter -> letter(letter.getMessage())).toList();
  }

  private static String letter(PubsubMessage message) {
    byte[] payload = message.getData().toByteArray();
    String cutFrom = message.getAttributesOrDefault("promptbeam-truncated-from-bytes", "");
    return digest(
        message.getAttributesOrThrow("promptbeam-reason"),
        payload,
        cutFrom.isEmpty() ? payload.length : Integer.parseInt(cutFrom));
  }
}
