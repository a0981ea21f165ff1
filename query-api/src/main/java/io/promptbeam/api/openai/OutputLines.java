package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.promptbeam.api.batches.LineAnswer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
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

  LineAnswer of(Job line, String endpoint) {
    return LineAnswer.of(
        line, line.result().map(result -> body(line, endpoint, result)), OutputLines::refusal);
  }

  /**
   * Writes a line with its end.
   *
   * @param line ended; with its result, where it completed
   */
  void write(Job line, String endpoint, OutputStream out) throws IOException {
    LineAnswer answer = of(line, endpoint);
    out.write(
        utf8(
            "{\"id\":\"batch_req_"
                + LineAnswer.hex(line)
                + "\",\"custom_id\":"
                + line.spec()
                    .labels()
                    .customId()
                    .map(id -> TextNode.valueOf(id).toString())
                    .orElse("null")
                + ",\"response\":"));
    if (answer.response().isPresent()) {
      writeResponse(out, answer.response().get());
      out.write(utf8(",\"error\":null}\n"));
    } else {
      JobError error = answer.error().orElseThrow();
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("code", error.code()).put("message", error.message());
      out.write(utf8("null,\"error\":" + json + "}\n"));
    }
  }

  private static void writeResponse(OutputStream out, LineAnswer.Response response)
      throws IOException {
    out.write(
        utf8(
            "{\"status_code\":"
                + response.status()
                + ",\"request_id\":\""
                + response.requestId()
                + "\",\"body\":"));
    out.write(response.body());
    out.write('}');
  }

  private static byte[] refusal(int status, JobError error) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("error")
        .put("message", error.message())
        .put("type", status >= 500 ? "server_error" : "invalid_request_error")
        .putNull("param")
        .put("code", error.code());
    return utf8(body.toString());
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
