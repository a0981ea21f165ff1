package io.promptbeam.local.faults;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
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
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.local.Await;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.JobMessage;
import io.promptbeam.message.JobMessageCodec;
import io.promptbeam.message.JobReference;
import io.promptbeam.message.MalformedMessageException;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages that are damaged, forged or not ours, with good ones around them. */
@Timeout(240)
abstract class PoisonContract {
  private static final long SEED = 20_261_123;
  private static final int DAMAGED = 500;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PROJECT = PubsubTarget.DEFAULT_LOCAL_PROJECT;
  private static final PubsubNames NAMES = PubsubNames.DEFAULT;
  private static final Simulation QUICK =
      new Simulation(1, Duration.ofMillis(5), 0, 0, 0, 0, OptionalLong.empty());
  private static final List<String> ODD =
      List.of("\"", "{", "}", "[", "null", "1e99999999999", "-", "\\ud800", "\u0000", "1.5", ",");

  private final Random random = new Random(SEED);

  /** Port of the queue under test, on 127.0.0.1. */
  abstract int port();

  @Test
  void everyMessageEndsAsAJobOrAsAReject_andEveryJobRunsAsItsRowSays() throws Exception {
    PubsubTarget queue = PubsubTarget.Emulator.parse("127.0.0.1:" + port(), PROJECT);
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port())
            .usePlaintext()
            .maxInboundMessageSize(64 * 1024 * 1024)
            .build();
    try (SimulatedProvider mine = SimulatedProvider.start("mine", QUICK);
        SimulatedProvider other = SimulatedProvider.start("other", QUICK);
        Stack stack = Stack.open(new Backends(Optional.empty(), Optional.of(queue)))) {
      ModelCatalog catalog =
          ModelCatalogLoader.parse(
              "models.yaml",
              "models: [{id: mine, provider: openai, base_url: '"
                  + mine.baseUrl()
                  + "'}, {id: other, provider: openai, base_url: '"
                  + other.baseUrl()
                  + "'}]");
      SubmissionParser parser = new SubmissionParser(catalog);
      Calls calls = new Calls(mine);
      Calls otherCalls = new Calls(other);
      LocalPipeline pipeline = stack.startPipeline(catalog);

      Map<String, Job> rows = new LinkedHashMap<>();
      for (int i = 0; i < DAMAGED + 20; i++) {
        String name = "row-" + i;
        Submission submission =
            parser.parse(
                body(name, "mine"), Owner.LOCAL, Optional.of("key-" + name), Instant.now());
        Job job = stack.store().create(submission.spec(), submission.request()).get().job();
        rows.put(name, job);
      }
      List<byte[]> messages = new ArrayList<>();
      for (int i = 0; i < DAMAGED; i++) {
        String name = "row-" + i;
        byte[] good = i % 3 == 0 ? inline("inline-" + i) : reference(rows.get(name));
        messages.add(damaged(i % 3 == 1 ? block(rows.get(name)) : good));
      }
      messages.addAll(notOurs());
      // One bad reference spoils a block: its good jobs are left to the sweep.
      messages.add(spoiledBlock(rows.get("row-500")));
      List<String> forged = List.of("row-501", "row-502", "row-503", "row-504");
      messages.add(forged(rows, "row-501", "other", Owner.LOCAL));
      messages.add(forged(rows, "row-502", "mine", new Owner("mallory")));
      messages.add(forged(rows, "row-503", "nobody", new Owner("mallory")));
      messages.add(forged(rows, "row-504", "other", new Owner("mallory")));
      messages.add(unknownJob());
      List<String> good = List.of("row-510", "row-511", "row-512", "row-513");
      good.forEach(name -> messages.add(reference(rows.get(name))));
      Collections.shuffle(messages, random);

      Set<JobId> jobs = new HashSet<>();
      Set<String> rejects = new HashSet<>();
      Set<JobId> withRow = new HashSet<>();
      rows.values().forEach(job -> withRow.add(job.spec().id()));
      int neither = 0;
      for (byte[] message : messages) {
        Set<JobId> becomes = jobsOf(message, parser, withRow);
        jobs.addAll(becomes);
        if (becomes.isEmpty() && !isReadable(message)) {
          rejects.add(digest(message));
        } else if (becomes.isEmpty()) {
          neither++;
        }
      }
      messages.forEach(message -> publish(channel, message));

      Map<JobId, Job> ended = awaitEnd(stack, jobs);
      Set<String> letters = new HashSet<>();
      Await.until(
          rejects.size() + " dead letters",
          Duration.ofSeconds(90),
          () -> {
            letters.addAll(pullDeadLetters(channel));
            return letters;
          },
          found -> found.containsAll(rejects));
      // Nothing that came later was stuck behind any of it.
      publish(channel, reference(rows.get("row-519")));
      awaitEnd(stack, Set.of(rows.get("row-519").spec().id()));
      letters.addAll(pullDeadLetters(channel));

      System.out.printf(
          "%d messages: %d jobs ran, %d rejects, %d neither (no such job)%n",
          messages.size(), jobs.size(), letters.size(), neither);
      assertThat(letters).isEqualTo(rejects);
      assertThat(pipeline.hasEnded()).isFalse();
      assertThat(ended.values())
          .allSatisfy(job -> assertThat(job.run().attempt()).isEqualTo(1))
          .allSatisfy(job -> assertThat(job.run().state()).isEqualTo(JobState.COMPLETED));
      for (String name : forged) {
        assertThat(calls.of(name)).as("calls of %s, at its own model", name).isEqualTo(1);
        assertThat(stack.store().read(List.of(idOf(rows, name)), Set.of()).get().values())
            .allSatisfy(
                job -> {
                  assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
                  assertThat(job.spec()).isEqualTo(rows.get(name).spec());
                });
      }
      assertThat(otherCalls.names()).as("jobs called at a model that is not theirs").isEmpty();
      assertThat(calls.names())
          .filteredOn(name -> name.startsWith("row-"))
          .allSatisfy(name -> assertThat(calls.of(name)).as(name).isEqualTo(1));
    } finally {
      channel.shutdownNow();
    }
  }

  private static JobId idOf(Map<String, Job> rows, String name) {
    return rows.get(name).spec().id();
  }

  /** The jobs that a message leads to; none, when it is to be rejected or names none. */
  private static Set<JobId> jobsOf(byte[] payload, SubmissionParser parser, Set<JobId> withRow) {
    try {
      JobMessage message = JobMessageCodec.decode(payload);
      if (message instanceof JobMessage.Inline inline) {
        return Set.of(
            parser
                .parse(
                    inline.submission(),
                    inline.owner(),
                    Optional.of(inline.idempotencyKey()),
                    Instant.now())
                .spec()
                .id());
      }
      List<JobReference> references =
          message instanceof JobMessage.References block
              ? block.references()
              : List.of(((JobMessage.Reference) message).reference());
      Set<JobId> ids = new HashSet<>();
      references.forEach(reference -> ids.add(reference.jobId()));
      ids.retainAll(withRow);
      return ids;
    } catch (MalformedMessageException | InvalidSubmissionException e) {
      return Set.of();
    }
  }

  /** Whether it is a reference, if only to a job that there is not. */
  private static boolean isReadable(byte[] payload) {
    try {
      return !(JobMessageCodec.decode(payload) instanceof JobMessage.Inline);
    } catch (MalformedMessageException e) {
      return false;
    }
  }

  /** One to three bytes changed, cut out or replaced by something odd. */
  private byte[] damaged(byte[] message) {
    String text = new String(message, ISO_8859_1);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(text.length());
      int end = Math.min(text.length(), at + random.nextInt(3));
      String with =
          random.nextBoolean()
              ? ODD.get(random.nextInt(ODD.size()))
              : String.valueOf((char) random.nextInt(256));
      text = text.substring(0, at) + with + text.substring(end);
    }
    return text.getBytes(ISO_8859_1);
  }

  private static List<byte[]> notOurs() throws Exception {
    byte[] good = unknownJob();
    byte[] tenMegabytes = new byte[9_990_000];
    Arrays.fill(tenMegabytes, (byte) 'g');
    byte[] huge =
        JobMessageCodec.encode(
            new JobMessage.Inline(
                Owner.LOCAL, "huge", body("huge-1", "mine").put("padding", "x".repeat(9_100_000))));
    return List.of(
        "hello, is this the right topic?".getBytes(UTF_8),
        new byte[] {(byte) 0x80, 0, 1},
        Arrays.copyOf(good, good.length / 2),
        edited(good, "v", "2"),
        edited(good, "kind", "\"batch\""),
        ("[".repeat(200_000) + "]".repeat(200_000)).getBytes(UTF_8),
        ("{\"v\":1,\"kind\":\"inline_job\",\"owner\":\"o\",\"idempotency_key\":\"k\","
                + "\"submission\":{\"model_id\":\"mine\",\"params\":"
                + "{\"a\":".repeat(990)
                + "1"
                + "}".repeat(990)
                + "}}")
            .getBytes(UTF_8),
        JobMessageCodec.encode(
            new JobMessage.Inline(Owner.LOCAL, "nobody-1", body("nobody-1", "nobody"))),
        huge,
        tenMegabytes);
  }

  private static byte[] edited(byte[] message, String field, String value) throws Exception {
    ObjectNode json = (ObjectNode) JSON.readTree(message);
    json.set(field, JSON.readTree(value));
    return JSON.writeValueAsBytes(json);
  }

  private static byte[] spoiledBlock(Job job) {
    String good = new String(reference(job), UTF_8);
    return ("{\"v\":1,\"kind\":\"jobs\",\"jobs\":[" + good + ",{\"job_id\":\"none\"}]}")
        .getBytes(UTF_8);
  }

  private static byte[] forged(Map<String, Job> rows, String name, String model, Owner owner) {
    JobReference reference =
        new JobReference(idOf(rows, name), owner, model, Priority.BATCH, 1, 7, Optional.empty());
    return JobMessageCodec.encode(reference);
  }

  private static byte[] unknownJob() {
    return JobMessageCodec.encode(
        new JobReference(
            JobId.random(), Owner.LOCAL, "mine", Priority.BATCH, 100, 0, Optional.empty()));
  }

  private static byte[] reference(Job job) {
    return JobMessageCodec.encode(JobReference.to(job.spec()));
  }

  private static byte[] block(Job job) {
    return JobMessageCodec.encode(new JobMessage.References(List.of(JobReference.to(job.spec()))));
  }

  /** Under a key so long that no damage makes it another's. */
  private byte[] inline(String name) {
    String key = Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
    return JobMessageCodec.encode(new JobMessage.Inline(Owner.LOCAL, key, body(name, "mine")));
  }

  private static ObjectNode body(String name, String model) {
    return JSON.createObjectNode().put("model_id", model).put("full_input", Calls.prompt(name));
  }

  private static Map<JobId, Job> awaitEnd(Stack stack, Collection<JobId> ids) throws Exception {
    return Await.until(
        ids.size() + " jobs have ended",
        Duration.ofSeconds(90),
        () -> stack.store().read(ids, Set.of()).get(),
        jobs ->
            jobs.size() == ids.size()
                && jobs.values().stream().allMatch(job -> job.run().state().isTerminal()));
  }

  private static void publish(ManagedChannel channel, byte[] payload) {
    var unused =
        PublisherGrpc.newBlockingStub(channel)
            .publish(
                PublishRequest.newBuilder()
                    .setTopic(PubsubNames.topicPath(PROJECT, NAMES.jobsTopic()))
                    .addMessages(PubsubMessage.newBuilder().setData(ByteString.copyFrom(payload)))
                    .build());
  }

  /** Its beginning, which is all of most. */
  private static String digest(byte[] payload) {
    return new String(payload, 0, Math.min(payload.length, 2_000), ISO_8859_1);
  }

  private static List<String> pullDeadLetters(ManagedChannel channel) {
    String subscription = PubsubNames.subscriptionPath(PROJECT, NAMES.deadLettersSubscription());
    var subscriber = SubscriberGrpc.newBlockingStub(channel);
    List<ReceivedMessage> received =
        subscriber
            .pull(
                PullRequest.newBuilder().setSubscription(subscription).setMaxMessages(200).build())
            .getReceivedMessagesList();
    if (!received.isEmpty()) {
      var unused =
          subscriber.acknowledge(
              AcknowledgeRequest.newBuilder()
                  .setSubscription(subscription)
                  .addAllAckIds(received.stream().map(ReceivedMessage::getAckId).toList())
                  .build());
    }
    return received.stream()
        .map(letter -> digest(letter.getMessage().getData().toByteArray()))
        .toList();
  }
}
