package io.promptbeam.api.jobs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.OutputText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job as JSON. Every field is always there, null when unset, but for {@code result_data}, which
 * only a completed job has. Pure: a terminal job gives the same bytes at any time.
 */
final class JobViews {
  private static final Logger log = LoggerFactory.getLogger(JobViews.class);
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final ObjectMapper READER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final DateTimeFormatter WIRE_TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);
  private static final int USUAL_BYTES = 1_024;

  private JobViews() {}

  /** The answer to a submission; the same for a replay, whatever became of the job since. */
  static byte[] accepted(JobSpec spec) {
    return write(
        json -> {
          json.writeStringField("job_id", spec.id().toString());
          json.writeStringField("status", JobState.PENDING.wireName());
          json.writeStringField("status_url", JobPaths.status(spec.id()));
          json.writeStringField("result_url", JobPaths.result(spec.id()));
          json.writeNumberField(
              "poll_after_ms", PollEstimate.initial(spec.limits().priority()).toMillis());
          json.writeStringField("created_at", wireTime(spec.createdAt()));
          if (spec.retryOf().isPresent()) {
            json.writeStringField("retry_of", spec.retryOf().get().toString());
          }
        });
  }

  /** With {@code result_data} if the job has completed; read it with its result. */
  static byte[] status(Job job, Instant now) {
    return status(job, now, Optional.empty());
  }

  /** With why it waits, if it does. */
  static byte[] status(Job job, Instant now, Optional<Waiting> waiting) {
    return write(
        json -> {
          writeStatus(json, job);
          writeWaiting(json, waiting);
          JobCosts.writeCalls(json, job.run());
          json.writeNumberField("poll_after_ms", PollEstimate.of(job, now, waiting).toMillis());
          if (job.run().state() == JobState.COMPLETED) {
            writeResult(json, job);
          }
        });
  }

  /** Of a completed job that is not erased. */
  static byte[] result(Job job) {
    return write(
        json -> {
          writeStatus(json, job);
          JobCosts.writeCalls(json, job.run());
          writeLabels(json, job.spec());
          writeResult(json, job);
        });
  }

  /** With its request, if that is not erased, and what happened to it; read it with both parts. */
  static byte[] detail(Job job, Instant now, Optional<Waiting> waiting) {
    return write(
        json -> {
          writeStatus(json, job);
          writeWaiting(json, waiting);
          JobCosts.writeCalls(json, job.run());
          json.writeNumberField("poll_after_ms", PollEstimate.of(job, now, waiting).toMillis());
          writeLabels(json, job.spec());
          json.writeStringField("owner", job.spec().owner().name());
          RequestView.write(json, job);
          Timeline.write(json, job);
          if (job.run().state() == JobState.COMPLETED) {
            writeResult(json, job);
          }
        });
  }

  static byte[] page(List<Job> jobs, Optional<String> nextPageToken, Instant now) {
    return write(
        json -> {
          json.writeArrayFieldStart("jobs");
          for (Job job : jobs) {
            json.writeStartObject();
            writeStatus(json, job);
            json.writeNumberField("poll_after_ms", PollEstimate.of(job, now).toMillis());
            writeLabels(json, job.spec());
            json.writeEndObject();
          }
          json.writeEndArray();
          writeText(json, "next_page_token", nextPageToken);
        });
  }

  /** Always with three digits of a second, so that texts of times sort and have one width. */
  static String wireTime(Instant time) {
    return WIRE_TIME.format(time);
  }

  private static void writeStatus(JsonGenerator json, Job job) throws IOException {
    JobSpec spec = job.spec();
    JobRun run = job.run();
    Optional<Instant> endedAt = run.ending().map(Ending::at);
    json.writeStringField("job_id", spec.id().toString());
    json.writeStringField("job_type", spec.labels().jobType());
    json.writeStringField("model_id", spec.modelId());
    json.writeStringField("status", run.state().wireName());
    json.writeBooleanField("is_complete", run.state().isTerminal());
    json.writeStringField("created_at", wireTime(spec.createdAt()));
    writeText(json, "not_before", spec.limits().notBefore().map(JobViews::wireTime));
    writeText(json, "started_at", run.startedAt().map(JobViews::wireTime));
    writeText(json, "completed_at", endedAt.map(JobViews::wireTime));
    json.writeFieldName("processing_time_ms");
    if (endedAt.isPresent() && run.startedAt().isPresent()) {
      json.writeNumber(Duration.between(run.startedAt().get(), endedAt.get()).toMillis());
    } else {
      json.writeNull();
    }
    json.writeNumberField("attempt", run.attempt());
    json.writeNumberField("max_attempts", spec.limits().maxAttempts());
    json.writeBooleanField("cancel_requested", run.cancelRequested());
    json.writeBooleanField("erased", run.erased());
    writeText(json, "retry_of", spec.retryOf().map(JobId::toString));
    Optional<JobError> error = run.ending().flatMap(Ending::error);
    writeText(json, "error_message", error.map(JobError::message));
    writeError(json, "error", error);
    AnswerViews.writeOrigin(json, job);
    // What the latest attempt met, while another is to come.
    writeError(json, "last_error", run.lastError().filter(e -> !run.state().isTerminal()));
    JobCosts.writeTotals(json, run);
  }

  private static void writeWaiting(JsonGenerator json, Optional<Waiting> told) throws IOException {
    json.writeFieldName("waiting");
    if (told.isEmpty()) {
      json.writeNull();
      return;
    }
    READER.writeTree(json, WaitingView.json(told.get()));
  }

  private static void writeError(JsonGenerator json, String field, Optional<JobError> error)
      throws IOException {
    json.writeFieldName(field);
    if (error.isEmpty()) {
      json.writeNull();
    } else {
      writeError(json, error.get());
    }
  }

  private static void writeError(JsonGenerator json, JobError error) throws IOException {
    json.writeStartObject();
    json.writeStringField("code", error.code());
    json.writeStringField("message", error.message());
    json.writeFieldName("provider_status");
    if (error.providerStatus().isPresent()) {
      json.writeNumber(error.providerStatus().get());
    } else {
      json.writeNull();
    }
    json.writeEndObject();
  }

  private static void writeLabels(JsonGenerator json, JobSpec spec) throws IOException {
    writeText(json, "question_id", spec.labels().questionId());
    writeText(json, "batch_id", spec.labels().batchId());
    writeText(json, "custom_id", spec.labels().customId());
    json.writeObjectFieldStart("metadata");
    // Sorted, because the same job must give the same bytes in every process.
    for (Map.Entry<String, String> pair : new TreeMap<>(spec.labels().metadata()).entrySet()) {
      json.writeStringField(pair.getKey(), pair.getValue());
    }
    json.writeEndObject();
    json.writeStringField("priority", spec.limits().priority().wireName());
    json.writeStringField("deadline_at", wireTime(spec.limits().deadline()));
  }

  private static void writeResult(JsonGenerator json, Job job) throws IOException {
    json.writeFieldName("result_data");
    Optional<JsonNode> answer = job.result().flatMap(bytes -> parse(job, bytes));
    if (answer.isEmpty()) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    Optional<String> text = OutputText.of(answer.get());
    writeText(json, "output_text", text);
    AnswerViews.writeOutputJson(json, job, text);
    json.writeFieldName("response");
    // As the provider wrote it: a tree would not keep every number's digits.
    json.writeRawValue(new String(job.result().orElseThrow(), StandardCharsets.UTF_8));
    json.writeEndObject();
  }

  private static Optional<JsonNode> parse(Job job, byte[] result) {
    try {
      return Optional.of(READER.readTree(result));
    } catch (IOException e) {
      // Without the exception: its text may quote the answer.
      log.error("job {}: the stored result is not JSON", job.spec().id());
      return Optional.empty();
    }
  }

  private static void writeText(JsonGenerator json, String field, Optional<String> text)
      throws IOException {
    @Nullable String value = text.orElse(null);
    json.writeStringField(field, value);
  }

  private interface Body {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private static byte[] write(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_BYTES);
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      body.writeTo(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }
}
