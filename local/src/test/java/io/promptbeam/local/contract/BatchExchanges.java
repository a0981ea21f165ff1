package io.promptbeam.local.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.promptbeam.local.Await;
import io.promptbeam.local.contract.Exchanges.Answer;
import io.promptbeam.local.contract.Exchanges.Body;
import io.promptbeam.local.contract.Exchanges.Call;
import java.util.Map;
import java.util.Set;

/** Files and batches in OpenAI's protocol. */
final class BatchExchanges {
  private static final Set<String> ENDED = Set.of("completed", "failed", "cancelled", "expired");

  private final ContractStage stage;
  private final Exchanges exchanges;

  BatchExchanges(ContractStage stage, Exchanges exchanges) {
    this.stage = stage;
    this.exchanges = exchanges;
  }

  void run() throws Exception {
    files();
    ended();
    running();
    wrong();
  }

  private Answer ann(int wanted, Call call) throws Exception {
    return exchanges.send(wanted, stage.ann, call);
  }

  static Body form(String purpose, String lines) {
    return new Body(
        "multipart/form-data; boundary=B",
        "--B\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n"
            + purpose
            + "\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n"
            + lines
            + "\r\n--B--\r\n");
  }

  private static String line(String id, String model) {
    return "{\"custom_id\":\""
        + id
        + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\""
        + model
        + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}}\n";
  }

  private String upload(String lines) throws Exception {
    return ann(200, Call.of("uploadFile").with(form("batch", lines))).text("id");
  }

  private Call create(String example, String file) {
    JsonNode body =
        exchanges
            .contract()
            .operation("createBatch")
            .requestExamples()
            .getOrDefault(example, MissingNode.getInstance());
    return Call.of("createBatch").json(ContractIT.with(body, "input_file_id", file));
  }

  private Answer await(String batch) throws Exception {
    return Await.until(
        batch + " has ended",
        () -> ann(200, Call.of("getBatch", batch)),
        answer -> ENDED.contains(answer.text("status")));
  }

  private void files() throws Exception {
    String file = upload(line("a", "demo"));
    ann(200, Call.of("getFile", file));
    ann(200, Call.of("getFileContent", file));
    ann(200, Call.of("listFiles").query("purpose=batch&order=asc&limit=1&after=" + file));
    ann(200, Call.of("listFiles"));
    ann(400, Call.of("listFiles").query("limit=0"));
    ann(400, Call.of("uploadFile").with(form("fine-tune", "{}")));
    ann(
        413,
        Call.of("uploadFile").with(form("batch", " ".repeat(ContractStage.MAX_FILE_BYTES + 1))));
    ann(200, Call.of("deleteFile", file));
  }

  private void ended() throws Exception {
    String file = upload(line("a", "demo") + line("b", "refuses"));
    ann(200, create("dry_run", file));
    String batch = ann(200, create("batch", file)).text("id");
    Answer done = await(batch);
    ann(200, Call.of("getFile", done.text("output_file_id")));
    ann(200, Call.of("getFileContent", done.text("output_file_id")));
    ann(200, Call.of("getFileContent", done.text("error_file_id")));
    ann(409, Call.of("deleteFile", done.text("output_file_id")));
    ann(200, Call.of("listFiles").query("purpose=batch_output"));
    Answer page = ann(200, Call.of("listBatchResults", batch).query("limit=1"));
    ann(200, Call.of("listBatchResults", batch).query("after=" + page.text("last_id")));
    ann(200, Call.of("listBatchResults", batch).query("custom_id=b&status=failed"));
    ann(400, Call.of("listBatchResults", batch).query("limit=0"));
    ann(200, Call.of("listBatches").query("limit=1"));
    ann(200, Call.of("listBatches").query("after=" + batch));
    ann(400, Call.of("listBatches").query("limit=0"));
    ann(409, Call.of("cancelBatch", batch).json("{}"));
    for (Map.Entry<String, JsonNode> example :
        exchanges.contract().operation("retryBatch").requestExamples().entrySet()) {
      Call retry = Call.of("retryBatch", batch).header("Idempotency-Key", example.getKey());
      ann(200, retry.json(example.getValue().toString()));
    }
    ann(200, Call.of("retryBatch", batch));
    ann(400, Call.of("retryBatch", batch).json("{\"surprise\":1}"));
    ann(415, Call.of("retryBatch", batch).with(new Body("text/plain", "{}")));
    String large = "{" + " ".repeat(2 * ContractStage.MAX_BODY_BYTES) + "}";
    ann(413, Call.of("retryBatch", batch).json(large));
  }

  private void running() throws Exception {
    String file = upload(line("a", "slow") + line("b", "demo"));
    Call keyed = create("batch", file).header("Idempotency-Key", "one");
    String batch = ann(200, keyed).text("id");
    ann(200, keyed);
    ann(409, create("dry_run", file).json(with90m(file)).header("Idempotency-Key", "one"));
    Await.until(
        batch + " runs",
        () -> ann(200, Call.of("getBatch", batch)),
        answer -> answer.json().path("request_counts").path("completed").asInt() == 1);
    ann(200, Call.of("listBatchResults", batch));
    ann(409, Call.of("deleteFile", file));
    ann(409, Call.of("retryBatch", batch).json("{}"));
    ann(200, Call.of("cancelBatch", batch));
    ann(200, Call.of("cancelBatch", batch));
  }

  private static String with90m(String file) {
    return "{\"input_file_id\":\""
        + file
        + "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"90m\"}";
  }

  private void wrong() throws Exception {
    String file = upload(line("a", "demo") + line("a", "nothing") + "no JSON\n");
    ann(200, create("dry_run", file));
    String batch = ann(200, create("batch", file)).text("id");
    await(batch);
    ann(404, create("batch", "file-000000000000000000000000"));
    ann(400, Call.of("createBatch").json("{}"));
    ann(200, Call.of("listOpenAiModels"));
    ann(200, Call.of("getOpenAiModel", "demo"));
  }
}
