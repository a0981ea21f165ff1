package io.promptbeam.api.jobs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Ending;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a job used and cost, in all and call by call, as JSON. Pure. */
final class JobCosts {
  private JobCosts() {}

  /** {@code usage} and {@code cost_usd}: of an ended job in all, of another one so far. */
  static void writeTotals(JsonGenerator json, JobRun run) throws IOException {
    Optional<Ending> ending = run.ending();
    writeUsage(
        json,
        ending.isPresent()
            ? ending.get().usage()
            : run.calls().stream().flatMap(call -> call.usage().stream()).reduce(Usage::plus));
    writeCost(
        json,
        ending.isPresent()
            ? ending.get().costUsd()
            : run.calls().stream()
                .flatMap(call -> call.costUsd().stream())
                .reduce(BigDecimal::add));
  }

  /** {@code calls}, in the order in which they were made. */
  static void writeCalls(JsonGenerator json, JobRun run) throws IOException {
    json.writeArrayFieldStart("calls");
    for (CallRecord call : run.calls()) {
      json.writeStartObject();
      json.writeNumberField("attempt", call.attempt());
      json.writeStringField("model_id", call.modelId());
      json.writeStringField("at", JobViews.wireTime(call.at()));
      writeUsage(json, call.usage());
      writeCost(json, call.costUsd());
      @Nullable String error = call.errorCode().orElse(null);
      json.writeStringField("error", error);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  static void writeUsage(JsonGenerator json, Optional<Usage> usage) throws IOException {
    json.writeFieldName("usage");
    if (usage.isEmpty()) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    json.writeNumberField("input_tokens", usage.get().inputTokens());
    json.writeNumberField("cached_input_tokens", usage.get().cachedInputTokens());
    json.writeNumberField("output_tokens", usage.get().outputTokens());
    json.writeNumberField("reasoning_tokens", usage.get().reasoningTokens());
    json.writeNumberField("total_tokens", usage.get().totalTokens());
    json.writeEndObject();
  }

  static void writeCost(JsonGenerator json, Optional<BigDecimal> costUsd) throws IOException {
    json.writeFieldName("cost_usd");
    if (costUsd.isPresent()) {
      json.writeNumber(costUsd.get().toPlainString());
    } else {
      json.writeNull();
    }
  }
}
