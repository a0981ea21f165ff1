package io.promptbeam.local.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The verb against a service with pipeline, store and provider. */
@Timeout(240)
class BatchRetryFailedIT {
  private static final int LINES = 20;

  private static SimulatedProvider provider(double refusals) throws Exception {
    return SimulatedProvider.start(
        "m", new Simulation(7, Duration.ofMillis(20), 0.2, 0, refusals, 0, OptionalLong.empty()));
  }

  private static String model(String id, SimulatedProvider provider) {
    return "{id: " + id + ", provider: openai, base_url: '" + provider.baseUrl() + "'}";
  }

  private static Batch stored(Stack stack, String id) {
    BatchId batch = BatchId.parse(id, BatchProtocol.OPENAI).orElseThrow();
    return stack.store().batches().read(batch).join().orElseThrow();
  }

  @Test
  void failedLines_completeByAnotherModel_whenTheyAreRetried(@TempDir Path directory)
      throws Exception {
    List<String> bodies = new CopyOnWriteArrayList<>();
    try (SimulatedProvider refusing = provider(1);
        SimulatedProvider good = provider(0);
        Stack stack = Stack.open(new Backends(Optional.empty(), Optional.empty()))) {
      good.observe((nanos, path, body) -> bodies.add(new String(body, UTF_8)));
      ModelCatalog models =
          ModelCatalogLoader.parse(
              "models.yaml",
              "models: [" + model("bad", refusing) + ", " + model("good", good) + "]");
      var unused = stack.startPipeline(models);
      try (ApiServer server =
          new ApiServer(
              ApiConfig.loopback(0), stack.store(), stack.publisher(), models, Clock.systemUTC())) {
        server.start();
        Console console = new Console(Map.of("PROMPTBEAM_URL", server.uri().toString()));
        Path file = directory.resolve("in.jsonl");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
          lines.append(
              ("{\"custom_id\":\"c%d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
                      + "\"body\":{\"model\":\"bad\",\"messages\":[{\"role\":\"user\","
                      + "\"content\":\"Hello\"}]}}\n")
                  .formatted(i));
        }
        Files.writeString(file, lines);
        assertThat(console.run("batch", "submit", file.toString(), "--watch"))
            .isEqualTo(ExitCodes.JOBS_FAILED);
        String failed = console.out().strip();
        assertThat(stored(stack, failed).run().loads())
            .hasEntrySatisfying("bad", load -> assertThat(load.lines()).isEqualTo(LINES));

        String[] again = {
          "batch", "retry-failed", failed, "--model", "good", "--param", "max_tokens=7", "--watch"
        };
        assertThat(console.run(again)).as(console.err()).isEqualTo(ExitCodes.OK);
        String retried = console.out().strip();
        assertThat(bodies).hasSize(LINES).allMatch(body -> body.contains("\"max_tokens\":7"));
        assertThat(stored(stack, retried).run().totals().orElseThrow().completed())
            .isEqualTo(LINES);
        assertThat(console.run("batch", "status", retried)).isEqualTo(ExitCodes.OK);
        assertThat(console.out()).contains("retry of " + failed);
        assertThat(console.run("batch", "retry-failed", retried)).isEqualTo(ExitCodes.OK);
        assertThat(console.err()).contains("Every line of the batch has completed.");
      }
    }
  }
}
