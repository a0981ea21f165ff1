package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.promptbeam.job.Ending;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** An ended line as a line of the results. */
final class ResultLine {
  private static final JsonFactory FACTORY = new JsonFactory();

  private ResultLine() {}

  /** A line may be written only whole, or what comes before a failure could not be read. */
  @FunctionalInterface
  private interface Result {
    void writeTo(JsonGenerator json) throws IOException;
  }

  /**
   * @param line ended; read with its result
   */
  static void write(Job line, OutputStream out) throws IOException {
    String customId = line.spec().labels().customId().orElse("");
    switch (line.run().state()) {
      case COMPLETED -> writeCompleted(line, customId, out);
      case CANCELLED -> write(customId, json -> json.writeStringField("type", "canceled"), out);
      case EXPIRED -> write(customId, json -> json.writeStringField("type", "expired"), out);
      default -> {
        JobError error =
            line.run()
                .ending()
                .flatMap(Ending::error)
                .orElseGet(() -> JobError.of(ErrorCodes.INTERNAL, "The request failed."));
        writeError(customId, ErrorTypes.of(error), error.message(), line.spec().id(), out);
      }
    }
  }

  private static void writeCompleted(Job line, String customId, OutputStream out)
      throws IOException {
    Optional<String> message = AnswerMessage.json(line);
    if (message.isEmpty()) {
      writeError(customId, "api_error", "The answer is not kept any more.", line.spec().id(), out);
      return;
    }
    write(
        customId,
        json -> {
          json.writeStringField("type", "succeeded");
          json.writeFieldName("message");
          json.writeRawValue(message.get());
        },
        out);
  }

  static void writeError(String customId, String type, String message, JobId id, OutputStream out)
      throws IOException {
    write(
        customId,
        json -> {
          json.writeStringField("type", "errored");
          json.writeObjectFieldStart("error");
          json.writeStringField("type", "error");
          json.writeObjectFieldStart("error");
          json.writeStringField("type", type);
          json.writeStringField("message", message);
          json.writeEndObject();
          json.writeStringField("request_id", "req_" + AnswerMessage.hex(id));
          json.writeEndObject();
        },
        out);
  }

  private static void write(String customId, Result result, OutputStream out) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("custom_id", customId);
      json.writeObjectFieldStart("result");
      result.writeTo(json);
      json.writeEndObject();
      json.writeEndObject();
    }
    bytes.write('\n');
    bytes.writeTo(out);
  }
}
