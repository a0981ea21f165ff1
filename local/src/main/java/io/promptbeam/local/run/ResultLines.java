package io.promptbeam.local.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.OutputText;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line of JSON for every line of the input, in the order they finish. Whole lines go to
 * the file at every {@link #flush}, so what has been flushed survives a kill. Not thread-safe.
 */
public final class ResultLines implements AutoCloseable {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build();

  private final OutputStream out;

  /** Writes to a stream that should be buffered; closes it. */
  public ResultLines(OutputStream out) {
    this.out = out;
  }

  /**
   * Writes how a job ended.
   *
   * @param job terminal, with its result
   */
  public void write(long line, String customId, Job job) throws IOException {
    Ending ending = job.run().ending().orElseThrow();
    ObjectNode json = head(line, customId, job.run().state().wireName());
    json.put(
        "output_text", job.result().map(ResultLines::parse).flatMap(OutputText::of).orElse(null));
    json.putRawValue("response", job.result().map(ResultLines::onOneLine).orElse(null));
    json.set("error", ending.error().map(ResultLines::error).orElse(null));
    json.set("usage", ending.usage().map(ResultLines::usage).orElse(null));
    json.put("cost_usd", ending.costUsd().orElse(null));
    json.put("attempts", job.run().attempt());
    json.put(
        "latency_ms",
        job.run()
            .startedAt()
            .map(start -> Duration.between(start, ending.at()).toMillis())
            .orElse(null));
    json.put("job_id", job.spec().id().toString());
    write(json);
  }

  /** Writes that a line could not become a job. */
  public void write(InputLine.Rejected rejected) throws IOException {
    ObjectNode json = head(rejected.number(), rejected.customId().orElse(null), "rejected");
    json.set("error", error(JobError.of(rejected.code(), rejected.reason())));
    write(json);
  }

  private static ObjectNode head(long line, @Nullable String customId, String status) {
    ObjectNode json = JSON.createObjectNode();
    json.put("custom_id", customId);
    json.put("line", line);
    json.put("status", status);
    return json;
  }

  private void write(ObjectNode json) throws IOException {
    out.write(JSON.writeValueAsBytes(json));
    out.write('\n');
  }

  private static JsonNode parse(byte[] result) {
    try {
      return JSON.readTree(result);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored result is not JSON");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The answer as the provider wrote it, digit by digit. JSON's strings hold no raw line breaks, so
   * any there are may become blanks.
   */
  private static RawValue onOneLine(byte[] result) {
    String text = new String(result, StandardCharsets.UTF_8);
    return new RawValue(text.replace('\n', ' ').replace('\r', ' '));
  }

  private static ObjectNode error(JobError error) {
    ObjectNode json = JSON.createObjectNode();
    json.put("code", error.code());
    json.put("message", error.message());
    error.providerStatus().ifPresent(status -> json.put("provider_status", status));
    return json;
  }

  private static ObjectNode usage(Usage usage) {
    ObjectNode json = JSON.createObjectNode();
    json.put("input_tokens", usage.inputTokens());
    json.put("cached_input_tokens", usage.cachedInputTokens());
    json.put("output_tokens", usage.outputTokens());
    json.put("reasoning_tokens", usage.reasoningTokens());
    return json;
  }

  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
