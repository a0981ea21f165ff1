package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Usage;
import io.promptbeam.store.BatchStore;
import io.promptbeam.submit.WorkEstimate;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What is told of a submission, to programs and to people. */
final class Summary {
  private final Submission submission;
  private final BatchPlan plan;
  private final ModelCatalog models;
  private final Instant now;
  private final Optional<WorkEstimate> estimate;

  Summary(Submission submission, BatchPlan plan, ModelCatalog models, Instant now) {
    this.submission = submission;
    this.plan = plan;
    this.models = models;
    this.now = now;
    // What waits before it is not known here; the batch's status takes it into account.
    this.estimate =
        WorkEstimate.of(plan.loads(), Map.of(), models, models.owner(submission.owner()));
  }

  /**
   * As it is written to a file.
   *
   * @param creation empty when nothing was made
   */
  ObjectNode json(Optional<BatchStore.Creation> creation) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("submission_id", submission.id());
    json.put("dry_run", creation.isEmpty());
    if (creation.isPresent()) {
      json.put("batch_id", submission.batchText());
      json.put("created", creation.get().created());
      json.put("input_file_id", creation.get().batch().spec().input().toString());
      json.put("expires_at", creation.get().batch().spec().expiresAt().toString());
    }
    json.put("owner", submission.owner().name());
    json.put("endpoint", submission.endpoint());
    json.put("completion_window", submission.window().text());
    json.put("lines", plan.lines());
    json.put("bytes", plan.bytes());
    rejects(json.put("rejected_rows", plan.rejects().count()).putArray("rejects"));
    ArrayNode each = json.putArray("models");
    plan.loads()
        .forEach(
            (model, load) ->
                tokens(each.addObject().put("model", model), load, costUsd(model, load)));
    tokens(json, load(), costUsd());
    if (estimate.isEmpty()) {
      json.putNull("estimate");
    } else {
      json.putObject("estimate")
          .put("takes_seconds", seconds(estimate.get()))
          .put("ends_at", now.plusSeconds(seconds(estimate.get())).toString())
          .put("model", estimate.get().modelId())
          .put("limit", estimate.get().limit());
    }
    json.put("warning", warning().orElse(null));
    return json;
  }

  private void rejects(ArrayNode examples) {
    plan.rejects()
        .first()
        .forEach(
            each ->
                examples
                    .addObject()
                    .put("row", each.row())
                    .put("code", each.code())
                    .put("reason", each.reason()));
  }

  private static void tokens(ObjectNode json, ModelLoad load, BigDecimal costUsd) {
    json.put("lines", load.lines());
    json.put("input_tokens", load.inputTokens());
    json.put("output_tokens", load.outputTokens());
    json.put("cost_usd", costUsd.signum() == 0 ? BigDecimal.ZERO : costUsd.stripTrailingZeros());
  }

  private ModelLoad load() {
    return plan.loads().values().stream().reduce(ModelLoad.NONE, ModelLoad::plus);
  }

  private BigDecimal costUsd() {
    return plan.loads().entrySet().stream()
        .map(each -> costUsd(each.getKey(), each.getValue()))
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private BigDecimal costUsd(String model, ModelLoad load) {
    Usage usage = new Usage(load.inputTokens(), 0, load.outputTokens(), 0);
    return models
        .find(model)
        .map(config -> config.pricing().costUsd(usage))
        .orElse(BigDecimal.ZERO);
  }

  private static long seconds(WorkEstimate estimate) {
    return estimate.takes().plusMillis(999).toSeconds();
  }

  private Optional<String> warning() {
    Duration window = submission.window().length();
    return estimate
        .filter(e -> e.takes().compareTo(window) > 0)
        .map(
            e ->
                "It is estimated to take until "
                    + now.plusSeconds(seconds(e)).truncatedTo(ChronoUnit.SECONDS)
                    + ", longer than the completion window, "
                    + submission.window().text()
                    + "; what has not ended by then expires. What binds is the limit of "
                    + e.limit()
                    + " for model "
                    + e.modelId()
                    + ".");
  }

  /** The last line of a log. */
  String created(BatchStore.Creation creation) {
    String batch = submission.batchText();
    return "submission "
        + submission.id()
        + (creation.created() ? " made " : " had made ")
        + batch
        + ": "
        + amounts()
        + ". Follow it with: promptbeam batch status "
        + batch
        + " --watch, or GET /v1/batches/"
        + batch;
  }

  /** The last line of the log of a dry run. */
  String estimated() {
    return "dry run, nothing was made: " + amounts();
  }

  private String amounts() {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%,d lines, about %,d input and at most %,d output tokens, about %s US dollars",
                plan.lines(),
                load().inputTokens(),
                load().outputTokens(),
                costUsd().toPlainString()));
    estimate.ifPresent(
        e ->
            text.append(
                String.format(
                    Locale.ROOT,
                    ", at least %s by the limit of %s for model %s",
                    Duration.ofSeconds(seconds(e)),
                    e.limit(),
                    e.modelId())));
    if (plan.rejects().count() > 0) {
      text.append("; ").append(plan.rejects().text());
    }
    warning().ifPresent(warning -> text.append(". ").append(warning));
    return text.toString();
  }
}
