package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The batch protocol of OpenAI's SDKs, for one command; fails as {@link ServiceClient} does. */
final class BatchClient {
  private final ServiceClient service;

  BatchClient(ServiceClient service) {
    this.service = service;
  }

  /** Checks an id before it becomes part of a URL. */
  static String checked(String text) {
    return BatchId.parse(text, BatchProtocol.OPENAI)
        .map(id -> text)
        .orElseThrow(
            () ->
                CliException.usage(
                    "not a batch id: '" + text + "'. Find ids with: promptbeam batch list"));
  }

  /** Uploads a file as it is read; answers the stored file's id. */
  String upload(Path file) {
    String boundary = "promptbeam-" + UUID.randomUUID();
    String name = file.getFileName().toString().replaceAll("[\"\\r\\n\\\\]", "_");
    String head =
        part(boundary, "name=\"purpose\"")
            + "batch\r\n"
            + part(boundary, "name=\"file\"; filename=\"" + name + "\"");
    String tail = "\r\n--" + boundary + "--\r\n";
    try (InputStream content = Files.newInputStream(file)) {
      InputStream whole =
          new SequenceInputStream(new SequenceInputStream(bytes(head), content), bytes(tail));
      return service
          .upload(
              "/v1/files",
              "multipart/form-data; boundary=" + boundary,
              BodyPublishers.ofInputStream(() -> whole))
          .body()
          .path("id")
          .asText();
    } catch (IOException e) {
      throw CliException.usage("cannot read " + file + ": " + e.getMessage());
    }
  }

  private static String part(String boundary, String disposition) {
    return "--" + boundary + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n";
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Makes a batch of a stored file. */
  JsonNode create(String fileId, String endpoint, String window, Map<String, String> metadata) {
    ObjectNode body = ServiceClient.JSON.createObjectNode();
    body.put("input_file_id", fileId).put("endpoint", endpoint).put("completion_window", window);
    if (!metadata.isEmpty()) {
      ObjectNode pairs = body.putObject("metadata");
      metadata.forEach(pairs::put);
    }
    return service.post("/v1/batches", body).body();
  }

  JsonNode batch(String id) {
    return service.get("/v1/batches/" + id).body();
  }

  JsonNode cancel(String id) {
    return service
        .post("/v1/batches/" + id + "/cancel", ServiceClient.JSON.createObjectNode())
        .body();
  }

  /** Makes a batch of an ended one's lines that did not complete, which takes a while for many. */
  JsonNode retry(String id, ObjectNode changes) {
    return service
        .upload(
            "/v1/batches/" + id + "/retry",
            "application/json",
            BodyPublishers.ofString(changes.toString()))
        .body();
  }

  /** A page, newest first. */
  JsonNode list(int limit, Optional<String> after) {
    String from =
        after.map(id -> "&after=" + URLEncoder.encode(id, StandardCharsets.UTF_8)).orElse("");
    return service.get("/v1/batches?limit=" + limit + from).body();
  }

  /** A file's content as it comes, for the caller to close. */
  InputStream content(String fileId) {
    return service.open("/v1/files/" + fileId + "/content");
  }

  /** The files that hold a batch's results so far: its output, and its errors. */
  static List<String> resultFiles(JsonNode batch) {
    return List.of("output_file_id", "error_file_id").stream()
        .map(batch::path)
        .filter(JsonNode::isTextual)
        .map(JsonNode::asText)
        .toList();
  }
}
