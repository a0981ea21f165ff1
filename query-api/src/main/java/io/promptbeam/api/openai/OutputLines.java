package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.Ending;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * An ended line as it stands in an output or error file. An answer of a provider that speaks
 * OpenAI's protocol goes out as it came, digit by digit. Thread-safe.
 */
final class OutputLines {
  private static final String CHAT_COMPLETIONS = "/v1/chat/completions";

  private final Supplier<ModelCatalog> catalog;

  OutputLines(Supplier<ModelCatalog> catalog) {
    this.catalog = catalog;
  }

  /**
   * Writes a line with its end.
   *
   * @param line ended; with its result, where it completed
   */
  void write(Job line, String endpoint, OutputStream out) throws IOException {
    String hex = line.spec().id().toString().replace("-", "");
    out.write(
        utf8(
            "{\"id\":\"batch_req_"
                + hex
                + "\",\"custom_id\":"
                + line.spec()
                    .labels()
                    .customId()
                    .map(id -> TextNode.valueOf(id).toString())
                    .orElse("null")
                + ",\"response\":"));
    Optional<byte[]> answer = line.result().map(result -> body(line, endpoint, result));
    JobError error = error(line);
    Optional<Integer> refused =
        line.run().ending().flatMap(Ending::error).flatMap(JobError::providerStatus);
    if (answer.isPresent()) {
      writeResponse(out, 200, hex, answer.get());
      out.write(utf8(",\"error\":null}\n"));
    } else if (refused.isPresent() && error.code().equals(ownCode(line))) {
      writeResponse(out, refused.get(), hex, utf8(errorBody(refused.get(), error)));
      out.write(utf8(",\"error\":null}\n"));
    } else {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("code", error.code()).put("message", error.message());
      out.write(utf8("null,\"error\":" + json + "}\n"));
    }
  }

  private static void writeResponse(OutputStream out, int status, String hex, byte[] body)
      throws IOException {
    out.write(utf8("{\"status_code\":" + status + ",\"request_id\":\"req_" + hex + "\",\"body\":"));
    out.write(body);
    out.write('}');
  }

  private static String ownCode(Job line) {
    return line.run().ending().flatMap(Ending::error).map(JobError::code).orElse("");
  }

  /** What became of a line without an answer, in the codes that OpenAI's clients know. */
  private static JobError error(Job line) {
    return switch (line.run().state()) {
      case EXPIRED ->
          JobError.of(
              "batch_expired",
              "This request could not be executed before the completion window expired.");
      case CANCELLED ->
          JobError.of("batch_cancelled", "This request was not executed: the batch was cancelled.");
      case FAILED -> line.run().ending().flatMap(Ending::error).orElseThrow();
      case COMPLETED -> JobError.of("erased", "The answer was erased.");
      case PENDING, PROCESSING -> JobError.of(ErrorCodes.INTERNAL, "The line has not ended.");
    };
  }

  private static String errorBody(int status, JobError error) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("error")
        .put("message", error.message())
        .put("type", status >= 500 ? "server_error" : "invalid_request_error")
        .putNull("param")
        .put("code", error.code());
    return body.toString();
  }

  private byte[] body(Job line, String endpoint, byte[] result) {
    if (endpoint.equals(CHAT_COMPLETIONS) && !speaksOpenAi(line)) {
      try {
        JsonNode answer = StrictJson.read(result);
        if (ChatCompletions.isForeign(answer)) {
          return utf8(ChatCompletions.of(answer, line).toString());
        }
      } catch (MalformedJsonException e) {
        // Stricter than a provider may be: then its answer stands as it came.
      }
    }
    return onOneLine(result);
  }

  private boolean speaksOpenAi(Job line) {
    return line.run()
        .servedBy(line.spec())
        .flatMap(catalog.get()::find)
        .map(ModelConfig::provider)
        .filter(kind -> kind == ProviderKind.OPENAI || kind == ProviderKind.SIMULATED)
        .isPresent();
  }

  /** In JSON a bare line end can only be white space between tokens. */
  private static byte[] onOneLine(byte[] json) {
    byte[] line = json.clone();
    for (int i = 0; i < line.length; i++) {
      if (line[i] == '\n' || line[i] == '\r') {
        line[i] = ' ';
      }
    }
    return line;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
