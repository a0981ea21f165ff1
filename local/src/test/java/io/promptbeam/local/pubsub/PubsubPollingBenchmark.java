package io.promptbeam.local.pubsub;

import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.local.GooglePubsubEmulator;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.PubsubTopology;
import io.promptbeam.pipeline.pubsub.PlaintextPubsubClientFactory;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubIO;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.StreamingOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;

/**
 * Prints what reading through the DirectRunner costs: latency from publish to a DoFn, processor use
 * when idle, messages per second of a backlog. Arguments: {@code embedded|google} idle-pause-millis
 * max-pull-messages.
 */
final class PubsubPollingBenchmark {
  private static final String PROJECT = PubsubTarget.DEFAULT_LOCAL_PROJECT;
  private static final int BACKLOG = 20_000;
  private static final BlockingQueue<String> SEEN = new LinkedBlockingQueue<>();

  private PubsubPollingBenchmark() {}

  public static void main(String[] args) throws Exception {
    Duration pause = Duration.ofMillis(Long.parseLong(args[1]));
    int maxPull = Integer.parseInt(args[2]);
    AutoCloseable server;
    int port;
    if (args[0].equals("google")) {
      GooglePubsubEmulator google = GooglePubsubEmulator.startOrSkip();
      server = google;
      port = google.port();
    } else {
      EmbeddedPubsub embedded = EmbeddedPubsub.start();
      server = embedded;
      port = embedded.port();
    }
    try (server) {
      measure(new PlaintextPubsubClientFactory("127.0.0.1", port, pause, maxPull), port, args);
    }
    System.exit(0);
  }

  private static void measure(PlaintextPubsubClientFactory factory, int port, String[] args)
      throws Exception {
    PubsubTopology.createMissing(
        new PubsubTarget.Emulator("127.0.0.1", port, PROJECT),
        PubsubNames.DEFAULT,
        Duration.ofSeconds(20));
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    PublisherGrpc.PublisherBlockingStub publisher = PublisherGrpc.newBlockingStub(channel);
    PipelineResult running = run(factory);

    System.out.printf("%s%n", Arrays.toString(args));
    latency(publisher, 100);
    System.out.printf("latency warm: %s%n", latency(publisher, 300));
    System.out.printf("idle processor use: %.0f %% of a core%n", idleCorePercent());
    for (int round = 0; round < 3; round++) {
      System.out.printf("backlog: %s%n", drain(publisher, round));
    }
    System.out.printf("latency after: %s%n", latency(publisher, 300));
    running.cancel();
    channel.shutdownNow();
  }

  private static String latency(PublisherGrpc.PublisherBlockingStub publisher, int count)
      throws Exception {
    long[] micros = new long[count];
    for (int i = 0; i < count; i++) {
      String id = "single" + System.nanoTime();
      long start = System.nanoTime();
      publish(publisher, id, 1);
      String seen = SEEN.take();
      while (!seen.equals(id + "-0")) {
        seen = SEEN.take();
      }
      micros[i] = (System.nanoTime() - start) / 1000;
      TimeUnit.MILLISECONDS.sleep(13 + i % 17);
    }
    Arrays.sort(micros);
    return String.format(
        "p50 %.1f ms, p95 %.1f ms, max %.1f ms",
        micros[count / 2] / 1e3, micros[count * 95 / 100] / 1e3, micros[count - 1] / 1e3);
  }

  private static double idleCorePercent() throws InterruptedException {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long wall = System.nanoTime();
    TimeUnit.SECONDS.sleep(8);
    return 100.0 * (system.getProcessCpuTime() - cpu) / (System.nanoTime() - wall);
  }

  private static String drain(PublisherGrpc.PublisherBlockingStub publisher, int round)
      throws Exception {
    Set<String> received = new HashSet<>();
    long repeated = 0;
    long start = System.nanoTime();
    for (int batch = 0; batch < BACKLOG / 1000; batch++) {
      publish(publisher, "round" + round + "-" + batch, 1000);
    }
    long published = System.nanoTime();
    while (received.size() < BACKLOG) {
      String seen = SEEN.take();
      if (seen.startsWith("round" + round) && !received.add(seen)) {
        repeated++;
      }
    }
    return String.format(
        "published in %.2f s, all read %.2f s after the first publish: %.0f/s, %d repeated",
        (published - start) / 1e9,
        (System.nanoTime() - start) / 1e9,
        BACKLOG * 1e9 / (System.nanoTime() - start),
        repeated);
  }

  private static void publish(
      PublisherGrpc.PublisherBlockingStub publisher, String prefix, int count) {
    PublishRequest.Builder request =
        PublishRequest.newBuilder()
            .setTopic(PubsubNames.topicPath(PROJECT, PubsubNames.DEFAULT.jobsTopic()));
    for (int i = 0; i < count; i++) {
      request.addMessages(
          PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(prefix + "-" + i)));
    }
    var unused = publisher.publish(request.build());
  }

  private static PipelineResult run(PlaintextPubsubClientFactory factory) {
    DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
    options.setRunner(DirectRunner.class);
    options.setBlockOnRun(false);
    options.setEnforceImmutability(false);
    options.setEnforceEncodability(false);
    options.as(StreamingOptions.class).setStreaming(true);
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply(
            "ReadMessages",
            PubsubIO.readMessagesWithAttributes()
                .withClientFactory(factory)
                .fromSubscription(
                    PubsubNames.subscriptionPath(PROJECT, PubsubNames.DEFAULT.jobsSubscription())))
        .apply("NoteArrival", ParDo.of(new NoteArrival()));
    return pipeline.run();
  }

  private static final class NoteArrival
      extends DoFn<org.apache.beam.sdk.io.gcp.pubsub.PubsubMessage, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element org.apache.beam.sdk.io.gcp.pubsub.PubsubMessage message) {
      SEEN.add(new String(message.getPayload(), StandardCharsets.UTF_8));
    }
  }
}
