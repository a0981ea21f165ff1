package io.promptbeam.local.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.cli.Program;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.PubsubJobPublisher;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import io.promptbeam.testing.FaultyProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Service and pipeline as processes of the packaged program, over servers that outlive them. Every
 * way between them leads through a proxy of its own, so that each can be cut alone. Not
 * thread-safe, but for the store.
 */
final class Machines implements AutoCloseable {
  final SimulatedProvider provider;
  final FaultyProxy toProvider;
  final FaultyProxy apiToStore;
  final FaultyProxy apiToQueue;
  final FaultyProxy pipelineToStore;
  final FaultyProxy pipelineToQueue;
  final JobStore store;
  final Service service;

  /** Of the processes started from now on, beside what they need. */
  final Map<String, String> environment = new HashMap<>();

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final PubsubTarget queue;
  private final Path directory;
  private final Path models;
  private final int apiPort;

  /**
   * @param queuePort of a Pub/Sub emulator on 127.0.0.1
   * @param inFlight calls at the same time
   */
  Machines(Path directory, int queuePort, Simulation simulation, int inFlight) throws Exception {
    this.directory = directory;
    provider = opened(SimulatedProvider.start("m", simulation));
    EmbeddedBigtable bigtable = opened(EmbeddedBigtable.start());
    int storePort = portOf(bigtable.hostAndPort());
    toProvider = opened(FaultyProxy.to("127.0.0.1", provider.baseUrl().getPort()));
    apiToStore = opened(FaultyProxy.to("127.0.0.1", storePort));
    pipelineToStore = opened(FaultyProxy.to("127.0.0.1", storePort));
    apiToQueue = opened(FaultyProxy.to("127.0.0.1", queuePort));
    pipelineToQueue = opened(FaultyProxy.to("127.0.0.1", queuePort));
    BigtableTarget target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = opened(BigtableJobStore.open(target));
    models = directory.resolve("models.yaml");
    Files.writeString(
        models,
        """
        models:
          - id: m
            provider: openai
            base_url: http://127.0.0.1:%d/v1
            max_in_flight: %d
        """
            .formatted(toProvider.port(), inFlight));
    queue =
        PubsubTarget.Emulator.parse("127.0.0.1:" + queuePort, PubsubTarget.DEFAULT_LOCAL_PROJECT);
    apiPort = freePort();
    service = new Service(apiPort);
  }

  private <T extends AutoCloseable> T opened(T part) {
    open.push(part);
    return part;
  }

  Program startApi() throws IOException, InterruptedException {
    Program api =
        opened(
            Program.start(
                directory,
                environment(apiToStore, apiToQueue),
                "api",
                "--port",
                String.valueOf(apiPort),
                "--models",
                models.toString()));
    var unused = api.awaitOutput("Listening on");
    return api;
  }

  Program startPipeline() throws IOException, InterruptedException {
    Program pipeline =
        opened(
            Program.start(
                directory,
                environment(pipelineToStore, pipelineToQueue),
                "pipeline",
                "--models",
                models.toString()));
    var unused = pipeline.awaitOutput("The pipeline is running");
    return pipeline;
  }

  private Map<String, String> environment(FaultyProxy toStore, FaultyProxy toQueue) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("BIGTABLE_EMULATOR_HOST", "127.0.0.1:" + toStore.port());
    all.put("PUBSUB_EMULATOR_HOST", "127.0.0.1:" + toQueue.port());
    return all;
  }

  /** A way in that no proxy leads through, for jobs while the service is cut off. */
  JobSubmitter sideDoor() throws IOException {
    JobPublisher publisher =
        opened(PubsubJobPublisher.create(queue, PubsubNames.DEFAULT.jobsTopic()));
    return new JobSubmitter(store, publisher);
  }

  /** As the service would read it. */
  static Submission submission(String prompt, String key, int maxAttempts) throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            "models: [{id: m, provider: openai, base_url: 'http://127.0.0.1:1/v1'}]");
    var body = new ObjectMapper().createObjectNode();
    body.put("model_id", "m").put("full_input", prompt).put("max_attempts", maxAttempts);
    return new SubmissionParser(catalog).parse(body, Owner.LOCAL, Optional.of(key), Instant.now());
  }

  /** Where the service listens while it runs. */
  int apiPort() {
    return apiPort;
  }

  /** All log lines of the processes of one verb, so far. */
  List<String> log(String verb) throws IOException {
    List<String> lines = new ArrayList<>();
    try (var files = Files.list(directory.resolve("home").resolve("logs"))) {
      for (Path file : files.filter(f -> f.getFileName().toString().startsWith(verb)).toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    return lines;
  }

  /** What the service makes of an idempotency key. */
  static JobId idOf(String key) {
    return JobId.forIdempotencyKey(Owner.LOCAL, key);
  }

  Collection<Job> read(Collection<JobId> ids) {
    List<Job> jobs = new ArrayList<>();
    List<JobId> all = List.copyOf(ids);
    for (int from = 0; from < all.size(); from += 2_000) {
      List<JobId> part = all.subList(from, Math.min(all.size(), from + 2_000));
      jobs.addAll(store.read(part, Set.of()).join().values());
    }
    return jobs;
  }

  static int portOf(String hostAndPort) {
    return Integer.parseInt(hostAndPort.substring(hostAndPort.lastIndexOf(':') + 1));
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      AutoCloseable part = open.pop();
      try {
        part.close();
      } catch (Exception e) {
        System.err.println("closing " + part + " failed: " + e);
      }
    }
  }
}
