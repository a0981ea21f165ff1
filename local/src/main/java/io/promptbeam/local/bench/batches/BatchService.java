package io.promptbeam.local.bench.batches;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.local.bench.BenchModels;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmissionParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The embedded stack, with its HTTP service, as a client of the batch protocol sees it. */
final class BatchService implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String BOUNDARY = "promptbeam-bench";
  private static final Set<String> ENDED = Set.of("completed", "failed", "expired", "cancelled");

  private static final int SUBMIT_AT_ONCE = 5_000;

  private final ModelCatalog catalog;
  private final Stack stack;
  private final LocalPipeline pipeline;
  private final URI base;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private BatchService(ModelCatalog catalog, Stack stack, LocalPipeline pipeline, URI base) {
    this.catalog = catalog;
    this.stack = stack;
    this.pipeline = pipeline;
    this.base = base;
  }

  static BatchService start(ModelCatalog catalog) throws IOException {
    Stack stack = Stack.open(new Backends(Optional.empty(), Optional.empty()));
    LocalPipeline pipeline = stack.startPipeline(catalog);
    var server =
        new ApiServer(
            ApiConfig.loopback(0), stack.store(), stack.publisher(), catalog, Clock.systemUTC());
    stack.closeWithThis("HTTP service", server).start();
    return new BatchService(catalog, stack, pipeline, server.uri());
  }

  SimulatedProvider provider(String model) {
    return ((HttpLlmClients) pipeline.worker().clients()).simulated(model).orElseThrow();
  }

  /**
   * Submits single jobs in bulk, as {@code promptbeam run} does, and waits until they have ended.
   */
  void runSingles(String model, long firstPrompt, int jobs) throws InterruptedException {
    long ended = pipeline.worker().engine().stats().ended() + jobs;
    var parser = new SubmissionParser(catalog);
    for (int begin = 0; begin < jobs; begin += SUBMIT_AT_ONCE) {
      List<Submission> chunk = new ArrayList<>();
      for (int i = begin; i < Math.min(jobs, begin + SUBMIT_AT_ONCE); i++) {
        chunk.add(BenchModels.submission(parser, model, firstPrompt + i));
      }
      stack.submitter().submitAll(chunk).join();
    }
    while (pipeline.worker().engine().stats().ended() < ended) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Uploads a file, chunked; answers its id. */
  String upload(Path file) throws IOException, InterruptedException {
    String head =
        "--"
            + BOUNDARY
            + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--"
            + BOUNDARY
            + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.jsonl\"\r\n\r\n";
    BodyPublisher body =
        BodyPublishers.concat(
            BodyPublishers.ofString(head),
            BodyPublishers.ofFile(file),
            BodyPublishers.ofString("\r\n--" + BOUNDARY + "--\r\n"));
    return send(request("/v1/files")
            .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
            .POST(body))
        .path("id")
        .asText();
  }

  /** Makes a batch of a file; answers its id. */
  String create(String fileId) throws IOException, InterruptedException {
    String body =
        JSON.createObjectNode()
            .put("input_file_id", fileId)
            .put("endpoint", "/v1/chat/completions")
            .put("completion_window", "24h")
            .toString();
    return send(request("/v1/batches")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)))
        .path("id")
        .asText();
  }

  JsonNode status(String batch) throws IOException, InterruptedException {
    return send(request("/v1/batches/" + batch).GET());
  }

  JsonNode cancel(String batch) throws IOException, InterruptedException {
    return send(request("/v1/batches/" + batch + "/cancel").POST(BodyPublishers.noBody()));
  }

  /** Polls until the batch has ended. */
  JsonNode awaitEnd(String batch) throws IOException, InterruptedException {
    JsonNode now = status(batch);
    while (!ENDED.contains(now.path("status").asText())) {
      TimeUnit.MILLISECONDS.sleep(100);
      now = status(batch);
    }
    return now;
  }

  /** Blocks until all lines have rows and have been handed to the engine. */
  void awaitExpanded(String batch, int lines) throws InterruptedException {
    BatchId id = BatchId.parse(batch, BatchProtocol.OPENAI).orElseThrow();
    int last = BatchLine.segments(lines) - 1;
    while (stack.store().batches().plans(id, last, 1).join().isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Reads a file's content to its end; answers how many lines it has. */
  long lines(String fileId) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(
            request("/v1/files/" + fileId + "/content").GET().build(),
            BodyHandlers.ofInputStream());
    long lines = 0;
    byte[] buffer = new byte[1 << 16];
    try (InputStream body = response.body()) {
      for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
        for (int i = 0; i < count; i++) {
          lines += buffer[i] == '\n' ? 1 : 0;
        }
      }
    }
    return lines;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path));
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
    if (response.statusCode() >= 300) {
      throw new IllegalStateException(
          "the service answered "
              + response.statusCode()
              + ": "
              + new String(response.body(), StandardCharsets.UTF_8));
    }
    return JSON.readTree(response.body());
  }

  @Override
  public void close() {
    stack.close();
  }
}
