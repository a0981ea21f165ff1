package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.Outlook;
import io.promptbeam.api.batches.Outlooks;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Problem;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Usage;
import io.promptbeam.store.FileLines;
import io.promptbeam.store.FileStore;
import io.promptbeam.submit.BatchLineParser;
import io.promptbeam.submit.BatchValidation;
import io.promptbeam.submit.WorkEstimate;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Looks at a file as the pipeline would, and tells what a batch of it would come to; stores
 * nothing. While it looks, it sends white space now and then, so that no connection is taken for
 * dead. Thread-safe; a few at a time, more are refused.
 */
final class DryRun {
  private static final int AT_ONCE = 2;
  private static final String RETRY_AFTER_SECONDS = "10";
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Supplier<FileStore> files;
  private final Supplier<ModelCatalog> catalog;
  private final Outlooks outlooks;
  private final Clock clock;
  private final Semaphore free = new Semaphore(AT_ONCE);

  DryRun(
      Supplier<FileStore> files, Supplier<ModelCatalog> catalog, Outlooks outlooks, Clock clock) {
    this.files = files;
    this.catalog = catalog;
    this.outlooks = outlooks;
    this.clock = clock;
  }

  /**
   * The answer about a batch that is not made.
   *
   * @param batch as it would be
   */
  ApiResponse of(BatchSpec batch, StoredFile file) {
    return ApiResponse.streamed(200, ApiResponse.JSON, out -> write(batch, file, out))
        .with("Cache-Control", "no-store");
  }

  private static RuntimeException busy() {
    return Problem.of(
            429,
            "too_many_dry_runs",
            "Too many dry runs",
            "As many dry runs as may are under way. Try again in some seconds.")
        .withField("dry_run")
        .withHeader("Retry-After", RETRY_AFTER_SECONDS)
        .asException();
  }

  private void write(BatchSpec batch, StoredFile file, OutputStream out) throws IOException {
    // Nothing is sent before, so that this is still answered with its own status.
    if (!free.tryAcquire()) {
      throw busy();
    }
    try {
      BatchValidation.Found found =
          new BatchValidation(new BatchLineParser(catalog), BatchValidation.MAX_LINES)
              .validate(batch, new FileLines(files.get(), file), () -> keepOpen(out));
      Instant now = clock.instant();
      Optional<WorkEstimate> estimate =
          outlooks
              .estimate(batch.owner(), found.loads(), now, now)
              .exceptionally(e -> none())
              .join();
      out.write(json(batch, found, estimate, now).toString().getBytes(StandardCharsets.UTF_8));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      free.release();
    }
  }

  private static Optional<WorkEstimate> none() {
    return Optional.empty();
  }

  /** Always false: nothing cuts a dry run short but its caller's leaving. */
  private static boolean keepOpen(OutputStream out) {
    try {
      out.write(' ');
      out.flush();
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode json(
      BatchSpec batch, BatchValidation.Found found, Optional<WorkEstimate> estimate, Instant now) {
    ObjectNode json = NODES.objectNode().put("object", "batch.dry_run");
    json.put("valid", found.problems() == 0);
    json.put("input_file_id", batch.input().toString());
    json.put("endpoint", batch.endpoint());
    json.put("completion_window", batch.window());
    json.put("lines", found.lines());
    json.set(
        "errors",
        found.problems() == 0
            ? NODES.nullNode()
            : BatchViews.errors(found.first(), found.problems()));
    ArrayNode models = json.putArray("models");
    ModelLoad sum = ModelLoad.NONE;
    BigDecimal cost = BigDecimal.ZERO;
    for (Map.Entry<String, ModelLoad> each : new TreeMap<>(found.loads()).entrySet()) {
      BigDecimal own = cost(each.getKey(), each.getValue());
      ObjectNode model = models.addObject().put("model", each.getKey());
      write(model.put("lines", each.getValue().lines()), each.getValue(), own);
      sum = sum.plus(each.getValue());
      cost = cost.add(own);
    }
    write(json, sum, cost);
    json.set("estimate", estimate.isEmpty() ? NODES.nullNode() : Outlook.json(estimate.get(), now));
    Duration window = Duration.between(batch.createdAt(), batch.expiresAt());
    Optional<ObjectNode> warning = estimate.flatMap(e -> Outlook.warning(e, now, window));
    json.set("warning", warning.isEmpty() ? NODES.nullNode() : warning.get());
    return json;
  }

  private static void write(ObjectNode json, ModelLoad load, BigDecimal cost) {
    json.put("input_tokens", load.inputTokens());
    json.put("output_tokens", load.outputTokens());
    json.put("total_tokens", load.tokens());
    json.put("cost_usd", cost.signum() == 0 ? BigDecimal.ZERO : cost.stripTrailingZeros());
  }

  private BigDecimal cost(String model, ModelLoad load) {
    Usage usage = new Usage(load.inputTokens(), 0, load.outputTokens(), 0);
    return catalog
        .get()
        .find(model)
        .map(config -> config.pricing().costUsd(usage))
        .orElse(BigDecimal.ZERO);
  }
}
