package io.promptbeam.api.batches;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Usage;
import io.promptbeam.store.JobStore;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Writes a page of lines with their requests and answers, which are read a few at a time while it
 * is written. A page that gets large ends early. Blocks.
 */
final class ResultsPage {
  private static final int LINES_PER_READ = 16;
  private static final long BYTES_PER_READ = 4_000_000;

  /** Of a request and its answer, by the estimate. */
  private static final int BYTES_PER_TOKEN = 4;

  private static final long ENOUGH_BYTES = 32_000_000;
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Broken off, a page must not look whole. */
  private static final JsonFactory FACTORY =
      new JsonFactory()
          .disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT)
          .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

  private final JobStore store;
  private final BatchProgress progress;
  private final ResultsQuery query;
  private final ProtocolForm form;
  private @Nullable String first;

  ResultsPage(JobStore store, BatchProgress progress, ResultsQuery query, ProtocolForm form) {
    this.store = store;
    this.progress = progress;
    this.query = query;
    this.form = form;
  }

  void write(LineSearch.Found found, OutputStream to) throws IOException {
    Counted out = new Counted(to);
    JsonGenerator json = FACTORY.createGenerator(new BufferedOutputStream(out, BUFFER_BYTES));
    json.writeStartObject();
    json.writeStringField("object", "list");
    json.writeArrayFieldStart("data");
    int written = writeLines(found.lines(), json, out);
    json.writeEndArray();
    boolean brokenOff = written < found.lines().size();
    Optional<String> last =
        brokenOff
            ? Optional.of(ResultsQuery.lineId(found.lines().get(written - 1)))
            : found.last().map(ResultsQuery::lineId);
    json.writeStringField("first_id", first);
    json.writeStringField("last_id", last.or(this::sameAsBefore).orElse(null));
    json.writeBooleanField("has_more", brokenOff || found.more());
    json.writeEndObject();
    json.close();
  }

  /** Where nothing was looked at, the next page is to begin where this one did. */
  private Optional<String> sameAsBefore() {
    return query.from() == 0
        ? Optional.empty()
        : Optional.of(
            ResultsQuery.lineId(new BatchLine(progress.batch().spec().id(), query.from() - 1)));
  }

  /** How many of the lines it came to. */
  private int writeLines(List<Job> lines, JsonGenerator json, Counted out) throws IOException {
    int done = 0;
    CompletableFuture<Map<JobId, Job>> ahead = read(lines, 0);
    while (done < lines.size() && out.bytes < ENOUGH_BYTES) {
      int end = groupEnd(lines, done);
      Map<JobId, Job> whole = joined(ahead);
      ahead = read(lines, end);
      for (Job line : lines.subList(done, end)) {
        Job row = whole.get(line.spec().id());
        Job now = row == null ? line : progress.asItStands(row);
        // It may have gone on since it was found.
        if (query.matches(now)) {
          write(now, json);
        }
      }
      done = end;
    }
    return done;
  }

  /** Few at a time where they are large: two groups are in memory. */
  private static int groupEnd(List<Job> lines, int from) {
    long bytes = 0;
    int end = from;
    while (end < lines.size() && end - from < LINES_PER_READ && bytes < BYTES_PER_READ) {
      bytes += lines.get(end++).spec().limits().tokenEstimate() * BYTES_PER_TOKEN;
    }
    return end;
  }

  private CompletableFuture<Map<JobId, Job>> read(List<Job> lines, int from) {
    List<JobId> ids =
        lines.subList(from, groupEnd(lines, from)).stream().map(line -> line.spec().id()).toList();
    return ids.isEmpty()
        ? CompletableFuture.completedFuture(Map.of())
        : store.read(ids, Set.of(JobStore.Part.REQUEST, JobStore.Part.RESULT));
  }

  private static Map<JobId, Job> joined(CompletableFuture<Map<JobId, Job>> read)
      throws IOException {
    try {
      return read.join();
    } catch (CompletionException e) {
      throw new IOException("the store does not answer", e.getCause());
    }
  }

  private void write(Job line, JsonGenerator json) throws IOException {
    String id = ResultsQuery.lineId(line);
    if (first == null) {
      first = id;
    }
    LineAnswer answer = form.line(line, progress.batch().spec().endpoint());
    json.writeStartObject();
    json.writeStringField("id", id);
    json.writeNumberField("line", BatchLine.of(line.spec().id()).orElseThrow().number() + 1);
    json.writeStringField("custom_id", line.spec().labels().customId().orElse(null));
    json.writeStringField("model", line.spec().modelId());
    json.writeStringField("status", line.run().state().wireName());
    json.writeFieldName("input");
    MAPPER.writeTree(
        json, line.request().map(ResultsPage::input).orElse(JsonNodeFactory.instance.nullNode()));
    writeAnswer(answer, json);
    writeCosts(line, json);
    json.writeEndObject();
  }

  /** The body as it came, or what was made of it for a provider that speaks another protocol. */
  private static JsonNode input(LlmRequest request) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (request instanceof LlmRequest.Native body) {
      return body.body();
    } else if (request instanceof LlmRequest.Prompt prompt) {
      prompt.systemMessage().ifPresent(text -> json.put("system_message", text));
      json.put("full_input", prompt.input()).set("params", prompt.params());
    } else if (request instanceof LlmRequest.Messages messages) {
      messages.systemMessage().ifPresent(text -> json.put("system_message", text));
      json.set("messages", messages.messages());
      json.set("params", messages.params());
    }
    return json;
  }

  private static void writeAnswer(LineAnswer answer, JsonGenerator json) throws IOException {
    json.writeFieldName("response");
    if (answer.response().isPresent()) {
      LineAnswer.Response response = answer.response().get();
      json.writeStartObject();
      json.writeNumberField("status_code", response.status());
      json.writeStringField("request_id", response.requestId());
      json.writeFieldName("body");
      // As the provider wrote it: a tree would not keep every number's digits.
      json.writeRawValue(new String(response.body(), StandardCharsets.UTF_8));
      json.writeEndObject();
    } else {
      json.writeNull();
    }
    json.writeFieldName("error");
    if (answer.error().isPresent()) {
      JobError error = answer.error().get();
      json.writeStartObject();
      json.writeStringField("code", error.code());
      json.writeStringField("message", error.message());
      json.writeEndObject();
    } else {
      json.writeNull();
    }
  }

  /** Null until there was a call. */
  private static void writeCosts(Job line, JsonGenerator json) throws IOException {
    List<CallRecord> calls = line.run().calls();
    SegmentTally sum = SegmentTally.NONE.plus(line.run());
    json.writeFieldName("usage");
    if (calls.isEmpty()) {
      json.writeNull();
      json.writeNullField("cost_usd");
      return;
    }
    Usage usage = sum.usage();
    json.writeStartObject();
    json.writeNumberField("input_tokens", usage.inputTokens());
    json.writeNumberField("cached_input_tokens", usage.cachedInputTokens());
    json.writeNumberField("output_tokens", usage.outputTokens());
    json.writeNumberField("reasoning_tokens", usage.reasoningTokens());
    json.writeNumberField("total_tokens", usage.totalTokens());
    json.writeEndObject();
    json.writeFieldName("cost_usd");
    json.writeNumber(sum.costUsd().toPlainString());
  }

  /** What has gone out. */
  private static final class Counted extends FilterOutputStream {
    private long bytes;

    Counted(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      out.write(from, offset, length);
      bytes += length;
    }
  }
}
