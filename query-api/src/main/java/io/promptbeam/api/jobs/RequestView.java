package io.promptbeam.api.jobs;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.LlmRequest;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a job asks its model, in the fields of a submission: those that were not given are null, and
 * {@code endpoint} says what of the provider's API a native {@code request} is for. Null when it is
 * erased. Pure.
 */
final class RequestView {
  private static final ObjectMapper WRITER = new ObjectMapper();

  private RequestView() {}

  static void write(JsonGenerator json, Job job) throws IOException {
    json.writeFieldName("request");
    if (job.request().isEmpty()) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    LlmRequest request = job.request().get();
    if (request instanceof LlmRequest.Prompt prompt) {
      write(json, prompt.systemMessage(), Optional.of(prompt.input()));
      writeTree(json, "messages", Optional.empty());
      writeNative(json, Optional.empty());
      writeTree(json, "params", Optional.of(prompt.params()));
    } else if (request instanceof LlmRequest.Messages conversation) {
      write(json, conversation.systemMessage(), Optional.empty());
      writeTree(json, "messages", Optional.of(conversation.messages()));
      writeNative(json, Optional.empty());
      writeTree(json, "params", Optional.of(conversation.params()));
    } else if (request instanceof LlmRequest.Native body) {
      write(json, Optional.empty(), Optional.empty());
      writeTree(json, "messages", Optional.empty());
      writeNative(json, Optional.of(body));
      writeTree(json, "params", Optional.empty());
    }
    writeOptions(json, job.spec().options());
    json.writeEndObject();
  }

  private static void write(
      JsonGenerator json, Optional<String> systemMessage, Optional<String> input)
      throws IOException {
    writeText(json, "system_message", systemMessage);
    writeText(json, "full_input", input);
  }

  private static void writeNative(JsonGenerator json, Optional<LlmRequest.Native> given)
      throws IOException {
    writeTree(json, "request", given.map(LlmRequest.Native::body));
    writeText(json, "endpoint", given.map(LlmRequest.Native::endpoint));
  }

  private static void writeOptions(JsonGenerator json, JobOptions options) throws IOException {
    writeTree(json, "output_schema", options.outputSchema());
    json.writeFieldName("cache");
    if (options.cacheMaxAge().isPresent()) {
      json.writeStartObject();
      json.writeNumberField("max_age_seconds", options.cacheMaxAge().get().toSeconds());
      json.writeEndObject();
    } else {
      json.writeNull();
    }
  }

  private static void writeTree(JsonGenerator json, String field, Optional<? extends JsonNode> tree)
      throws IOException {
    json.writeFieldName(field);
    if (tree.isPresent()) {
      WRITER.writeTree(json, tree.get());
    } else {
      json.writeNull();
    }
  }

  private static void writeText(JsonGenerator json, String field, Optional<String> text)
      throws IOException {
    @Nullable String value = text.orElse(null);
    json.writeStringField(field, value);
  }
}
