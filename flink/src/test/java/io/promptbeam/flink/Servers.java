package io.promptbeam.flink;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.local.bench.BenchModels;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.pubsub.EmbeddedPubsub;
import io.promptbeam.message.PubsubJobPublisher;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.message.PubsubTopology;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * What a pipeline in other processes works on: the two emulators, and two simulated models over
 * HTTP, of which one has a quota that its provider enforces. Not thread-safe.
 */
final class Servers implements AutoCloseable {
  /** Latency as in the figures this project compares itself with. */
  static final Simulation USUAL = Simulation.DEFAULT;

  private static final int SUBMIT_AT_ONCE = 5_000;
  private static final int READ_AT_ONCE = 2_000;

  final SimulatedProvider unlimited;
  final SimulatedProvider limited;
  final JobStore store;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final EmbeddedBigtable bigtable;
  private final EmbeddedPubsub pubsub;
  private final Path models;
  private final JobSubmitter submitter;
  private final SubmissionParser parser;
  private long submitted;

  /**
   * Starts them.
   *
   * @param directory for models.yaml
   * @param requestsPerMinute of the model with a quota
   */
  Servers(Path directory, Simulation base, long requestsPerMinute) throws Exception {
    try {
      bigtable = opened(EmbeddedBigtable.start());
      pubsub = opened(EmbeddedPubsub.start());
      unlimited = opened(SimulatedProvider.start(BenchModels.UNLIMITED, base));
      limited =
          opened(
              SimulatedProvider.start(
                  BenchModels.LIMITED,
                  new Simulation(
                      base.seed(),
                      base.latencyMedian(),
                      base.latencySigma(),
                      0,
                      0,
                      0,
                      OptionalLong.of(requestsPerMinute))));
      BigtableTarget.Emulator target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
      BigtableSchema.createEmbedded(target);
      store = opened(BigtableJobStore.open(target));
      var queue =
          PubsubTarget.Emulator.parse(pubsub.hostAndPort(), PubsubTarget.DEFAULT_LOCAL_PROJECT);
      PubsubTopology.createMissing(queue, PubsubNames.DEFAULT, Duration.ofSeconds(20));
      submitter =
          new JobSubmitter(
              store, opened(PubsubJobPublisher.create(queue, PubsubNames.DEFAULT.jobsTopic())));
      String yaml = yaml(requestsPerMinute);
      models = Files.writeString(directory.resolve("models.yaml"), yaml);
      ModelCatalog catalog = ModelCatalogLoader.parse("models.yaml", yaml);
      parser = new SubmissionParser(catalog);
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  private String yaml(long requestsPerMinute) {
    return """
        models:
          - {id: %s, provider: openai, base_url: '%s', max_in_flight: 1000}
          - {id: %s, provider: openai, base_url: '%s', max_in_flight: 1000, requests_per_minute: %d}
        """
        .formatted(
            BenchModels.UNLIMITED,
            unlimited.baseUrl(),
            BenchModels.LIMITED,
            limited.baseUrl(),
            requestsPerMinute);
  }

  private <T extends AutoCloseable> T opened(T part) {
    open.push(part);
    return part;
  }

  String bigtableAddress() {
    return bigtable.hostAndPort();
  }

  String pubsubAddress() {
    return pubsub.hostAndPort();
  }

  Path models() {
    return models;
  }

  /** For {@code flink/run.sh}. */
  List<String> flinkOptions() {
    return List.of(
        "--bigtable=emulator://" + bigtable.hostAndPort(),
        "--pubsubEmulator=" + pubsub.hostAndPort(),
        "--models=" + models);
  }

  /** Submits in bulk and waits until all are accepted. */
  List<JobId> submit(String model, int jobs) {
    List<JobId> ids = new ArrayList<>();
    for (int left = jobs; left > 0; left -= SUBMIT_AT_ONCE) {
      List<Submission> chunk =
          LongStream.range(submitted, submitted + Math.min(left, SUBMIT_AT_ONCE))
              .mapToObj(number -> BenchModels.submission(parser, model, number))
              .toList();
      submitted += chunk.size();
      submitter.submitAll(chunk).join();
      chunk.forEach(submission -> ids.add(submission.spec().id()));
    }
    return ids;
  }

  /** Reads jobs' states. */
  List<Job> read(Collection<JobId> ids) {
    List<Job> jobs = new ArrayList<>();
    List<JobId> all = List.copyOf(ids);
    for (int from = 0; from < all.size(); from += READ_AT_ONCE) {
      List<JobId> part = all.subList(from, Math.min(all.size(), from + READ_AT_ONCE));
      jobs.addAll(store.read(part, Set.of()).join().values());
    }
    return jobs;
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
