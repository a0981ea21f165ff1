package io.promptbeam.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.MultipartField;
import com.openai.core.http.HttpResponse;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;

/** Batches by OpenAI's own client, as a program of a user's would make them. Thread-safe. */
public final class OpenAiBatches implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final OpenAIClient client;

  /**
   * @param retries of the client, with its own pauses between them
   */
  public OpenAiBatches(int port, int retries) {
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + port + "/v1")
            .apiKey("any")
            .maxRetries(retries)
            .build();
  }

  /** A line that asks for a chat completion. */
  public static String line(String customId, String model, String prompt) {
    var line = JSON.createObjectNode().put("custom_id", customId).put("method", "POST");
    line.put("url", "/v1/chat/completions");
    var body = line.putObject("body").put("model", model);
    body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    return line + "\n";
  }

  /** Answers the file's id. */
  public String upload(InputStream bytes) {
    return client
        .files()
        .create(
            FileCreateParams.builder()
                .purpose(FilePurpose.BATCH)
                .file(
                    MultipartField.<InputStream>builder()
                        .value(bytes)
                        .filename("in.jsonl")
                        .contentType("application/jsonl")
                        .build())
                .build())
        .id();
  }

  public String upload(String text) {
    return upload(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  public List<String> files() {
    return client.files().list().items().stream().map(FileObject::id).toList();
  }

  public Batch create(String fileId, String window) {
    return client
        .batches()
        .create(
            BatchCreateParams.builder()
                .inputFileId(fileId)
                .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                .completionWindow(BatchCreateParams.CompletionWindow.of(window))
                .build());
  }

  public Batch retrieve(String id) {
    return client.batches().retrieve(id);
  }

  public Batch cancel(String id) {
    return client.batches().cancel(id);
  }

  public List<String> list() {
    return client.batches().list().items().stream().map(Batch::id).toList();
  }

  /** Takes a file's content, as slowly as it likes. */
  public interface Reader {
    void read(InputStream content) throws Exception;
  }

  /** Gives a file's content to {@code reader} as it comes. */
  public void content(String fileId, Reader reader) throws Exception {
    try (HttpResponse response = client.files().content(fileId)) {
      reader.read(response.body());
    }
  }

  public List<JsonNode> lines(String fileId) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    try (HttpResponse response = client.files().content(fileId);
        var in = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(JSON.readTree(line));
      }
    }
    return lines;
  }

  @Override
  public void close() {
    client.close();
  }
}
